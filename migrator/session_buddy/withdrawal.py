"""The way back when others have worked on: what a run made is exported and dropped, and every other row stays.

Where a part of the fourth version was there before the run, that part stays, with the rows that it had.
"""

import re
import sqlite3
from collections.abc import Iterator
from typing import Any

from migrator.amendment import CHANGED, Amendment
from migrator.database import Contents
from migrator.journal import Run
from migrator.outcome import Refusal
from migrator.session_buddy import ddl


class Withdrawal(Amendment):
    """A run to be taken out of one open database; `old` is the database as it was before."""

    def __init__(self, db: sqlite3.Connection, run: Run, old: sqlite3.Connection) -> None:
        filled = run.find("filled")
        super().__init__(db, run.written(), {}, run.kept(CHANGED) if filled else (), old)
        self._run = run
        self._created: dict[str, str] = filled.get("created", {})
        self._sequence: dict[str, int] = filled.get("sequence", {})
        there = dict(db.execute("SELECT name, sql FROM sqlite_master"))
        if run.find("rollback-begin") and not there.keys() & self._created.keys():
            self._created = {}  # a rollback that was killed when all was done but for saying so
        self.present += sum(name in there for name in self._created)
        self.unchanged += sum(there.get(name) == sql for name, sql in self._created.items())
        self._made = [name for name in ddl.TABLES if name in self._created]

    def admit(self, _: Contents) -> None:
        """Raises Refusal when what the run made was changed since, or others' objects or versions lean on it."""
        versions = {row[0] for row in self._db.execute("SELECT version FROM skill_migrations")}
        if unknown := versions - {*ddl.EARLIER, ddl.VERSION}:
            message = (
                f"Versions were applied since that this migrator does not know: {sorted(map(str, unknown))}."
            )
            raise Refusal("UNKNOWN_VERSION", message)
        before = {tuple(one) for one in self._run.find("filled").get("leaning", [])}
        if leaning := [
            name for kind, name in leaning_on(self._db, self._created) if (kind, name) not in before
        ]:
            message = (
                f"{', '.join(leaning)} leans on what the migration made; drop it, then run rollback again."
            )
            raise Refusal("NEW_DATA", message)
        there = dict(self._db.execute("SELECT name, sql FROM sqlite_master"))
        if changed := [name for name, sql in self._created.items() if there.get(name) != sql]:
            message = f"{', '.join(changed)} of version 4 was changed since, so it cannot be taken out."
            raise Refusal("NEW_DATA", message)

    def lost(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Table and columns of every row that goes, and was not just as the run wrote it where the table stays."""
        for table in self._made:
            rows = self._db.execute(f"SELECT * FROM main.{table} ORDER BY rowid")
            names = [column[0] for column in rows.description]
            for row in rows:
                yield table, dict(zip(names, row, strict=True))
        yield from ((table, row) for table, row in super().lost() if table.lower() not in self._created)

    def perform(self) -> None:
        """Everything that the run made is gone, within the open transaction. Raises Refusal, sqlite3.Error."""
        super().perform()
        for name in reversed(self._created):
            if (kind := ddl.UP[name][0]) != "table":
                self._db.execute(f"DROP {kind} {name}")
        for table in self._made:
            self._db.execute(f"DROP TABLE main.{table}")
        for table, was in self._sequence.items():
            self._count_again(table, was)

    def _count_again(self, table: str, was: int) -> None:
        """The table's next number is what it was, unless others have used it since."""
        last = self._db.execute(f"SELECT max(rowid) FROM main.{table}").fetchone()[0] or 0
        self._db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        if was or last:
            self._db.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, max(was, last)))


def leaning_on(db: sqlite3.Connection, names: dict[str, str]) -> list[tuple[str, str]]:
    """Type and name of every object that is not of the fourth version, and names one of these or is theirs."""
    if not names:
        return []
    mention = re.compile(rf"\b(?:{'|'.join(names)})\b", re.IGNORECASE)
    rows = db.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
    )
    return [
        (kind, name)
        for kind, name, table, sql in rows
        if name.lower() not in ddl.UP and (table.lower() in names or mention.search(sql))
    ]
