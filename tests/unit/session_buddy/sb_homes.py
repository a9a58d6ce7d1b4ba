"""Homes of session-buddy written by hand, for tests of the oracle, and a tool that migrates as the oracle expects."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from harness.evidence import Evidence
from harness.expectation import Expectation
from harness.history import Event, History
from harness.home import Home
from harness.records import Near, OneOf, Some
from harness.sut import Outcome, Profile, Verb
from harness.systems.session_buddy import legacy, oracle, schema_v4
from harness.systems.session_buddy.model import DATABASE, Invocation, LegacyState

V4 = "V4__phase4_extensions"
NOW = "2026-03-01 12:34:56"
PROFILE = Profile(
    system="session-buddy",
    verbs={"migrate": ["m"], "rollback": ["m", "back"]},
    exit={"done": [0], "refused": [3]},
    keeps=[".local/state/m"],
)


def invoked(
    skill: str, session: str = "s-1", at: str = "2026-03-01T10:00:00+00:00", **more: Any
) -> Invocation:
    """Returns an invocation of a skill."""
    return Invocation(skill, at, session, **more)


def home(*invocations: Invocation, **more: Any) -> Home:
    """Returns a home whose database, version 3 in journal mode DELETE, holds the invocations."""
    state = LegacyState(invocations=invocations, **{"journal": "delete", **more})
    return legacy.write(state, state.root)


def with_sql(made: Home, *statements: str, path: str = DATABASE) -> Home:
    """Returns the home once the statements were executed on its database."""
    return worked(made, lambda database: [database.execute(text) for text in statements], path=path)


def worked(made: Home, work: Callable[[sqlite3.Connection], Any], *, path: str = DATABASE) -> Home:
    """Returns the home once somebody has worked with its database and closed it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "copy.db")
        file.write_bytes(made.content(path))
        with closing(sqlite3.connect(file)) as database, database:
            work(database)
        return made.with_file(path, file.read_bytes(), mode=made.entries[path].mode)


def upgraded(made: Home, **asked: Any) -> Home:
    """Returns the home as the oracle wants it: version 4 made object by object, its rows written one by one."""
    expected = oracle.expect(made, **asked)
    assert not expected.refusals, expected.refusals
    return worked(made, lambda database: _upgrade(database, expected))


def _upgrade(database: sqlite3.Connection, expected: Expectation) -> None:
    there = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    for name, statement in schema_v4.OBJECTS.items():
        if name not in there:
            database.execute(statement)
    for table in ("skill_categories", "skill_modalities", "skill_dependencies", "skill_time_series",
                  "skill_community_baselines", "skill_migrations"):  # fmt: skip
        for row in expected.tables[table].values():
            known = {
                name: _value(value)
                for name, value in row.items()
                if not isinstance(value, Some) or value.kind == "str"
            }
            names, marks = ", ".join(known), ", ".join("?" * len(known))
            if table != "skill_migrations" or (
                row["version"] == V4 and expected.fates[0].disposition == "migrated"
            ):
                database.execute(
                    f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})", list(known.values())
                )


def _value(value: Any) -> Any:
    told = {"later than all others": "2027-01-01 00:00:00", "64 hexadecimal digits": "a" * 64}
    if isinstance(value, Near):
        return value.value
    if isinstance(value, OneOf):
        return _value(value.values[0])
    return "any" if isinstance(value, Some) else told.get(value, value) if isinstance(value, str) else value


def event(
    before: Home, after: Home, *, do: Verb = "migrate", outcome: Outcome = "done", step: int = 0
) -> Event:
    """Returns a step that made one home of another."""
    return Event(step=step, do=do, outcome=outcome, before=before, after=after, status=0)


def evidence(*events: Event, profile: Profile = PROFILE) -> Evidence:
    """Returns the steps with this pack's oracle beside them."""
    return Evidence(
        History(events[0].before, events), profile, oracle.expect, oracle.read_target, oracle.target_problems,
        oracle.read_stored, oracle.target_damage,
    )  # fmt: skip
