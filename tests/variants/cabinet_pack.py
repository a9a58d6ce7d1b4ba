"""The pack of `cabinet.py`: numbers in a legacy file that is moved, and rows in an SQLite database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import cast

from toy import Toy, numbers_of, tables_of

from harness.expectation import Expectation, Fate
from harness.home import Home, digest_of
from harness.records import Tables
from harness.sqlite_copy import opened, value_for_value
from harness.stored import Stored
from harness.system import System

TARGET = "target.db"


def legacy_of(home: Home) -> Home:
    """Returns the home with its legacy file at its first place."""
    moved = home.get("legacy.migrated")
    return (
        home
        if moved is None or home.get("legacy")
        else home.with_file("legacy", home.content("legacy.migrated"))
    )


class Cabinet(Toy):
    """As the toy, but the legacy file moves, has a mode of its own, and the target is SQLite's."""

    NAME = "cabinet"

    def write(self, state: Sequence[int], root: str) -> Home:
        text = json.dumps(list(state)).encode()
        return Home.empty(root, mtime_ns=1).with_file("legacy", text).with_mode("legacy", 0o640)

    def expect(self, home: Home, conditions: frozenset[str]) -> Expectation:
        home = legacy_of(home)
        numbers = numbers_of(home)
        return Expectation(
            refusals=conditions,
            tables=tables_of(numbers),
            files={"legacy.migrated": digest_of(home.content("legacy"))},
            writable=frozenset({TARGET, TARGET + "-journal", "legacy", "legacy.migrated"}),
            fates=tuple(Fate("note", "legacy", str(place), "migrated") for place, _ in enumerate(numbers)),
        )

    def read_target(self, home: Home) -> Tables:
        if home.get(TARGET) is None:
            return {}
        with opened(home, TARGET) as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'notes'").fetchone():
                return {}
            rows = db.execute("SELECT id, value FROM notes").fetchall()
            return {"notes": {key: {"value": value} for key, value in rows}}

    def read_stored(self, home: Home) -> Stored:
        if home.get(TARGET) is None:
            return Stored({}, (), {}, "", frozenset({TARGET}))
        with opened(home, TARGET) as db:
            names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return value_for_value(db, names, files=frozenset({TARGET, TARGET + "-journal"}))

    def problems_of(self, home: Home) -> list[str]:
        if home.get(TARGET) is None:
            return []
        with opened(home, TARGET) as db:
            return [row[0] for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]

    def damage_of(self, home: Home) -> list[str]:
        return []


CABINET = cast("System", Cabinet())
