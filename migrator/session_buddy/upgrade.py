"""From the third version to the fourth, within one open transaction: objects, the record, and what fills the tables.

The same steps run on a private copy first, to know what there is to do, and then on the database itself.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from migrator import tables
from migrator.database import quoted
from migrator.session_buddy import ddl, shape
from migrator.session_buddy.state import State
from migrator.system import Note, Record

STAMP = "%Y-%m-%d %H:%M:%S"


class Options(NamedTuple):
    """What the caller asked for; `as_of` None means `now`, and that a complete fourth version is left alone."""

    now: datetime
    database: str | None = None
    as_of: datetime | None = None
    repair: bool = False

    @property
    def instant(self) -> datetime:
        """The instant that the tables are to be brought to, in whole seconds."""
        return (self.as_of or self.now).astimezone(UTC).replace(microsecond=0)

    @property
    def asked(self) -> bool:
        """Whether something is wanted of a database that has version 4 already."""
        return self.as_of is not None or self.repair


class Writer:
    """Writes rows where they differ from what is there, and keeps what they were."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.changed = Counter[str]()
        self.replaced: list[tuple[str, list[Any], str, dict[str, Any]]] = []  # table, key, digest, old values

    def put(self, table: str, key: dict[str, Any], values: dict[str, Any], stamp: dict[str, Any]) -> bool:
        """The row with this key has these values; `stamp` is set along with them. Gives whether that took a change."""
        where = " AND ".join(f"{name} = ?" for name in key)
        found = self.db.execute(
            f"SELECT {', '.join((*values, *stamp))} FROM {table} WHERE {where}", [*key.values()]
        )
        was = found.fetchone()
        if was is None:
            self.insert(table, [*key, *values, *stamp], [(*key.values(), *values.values(), *stamp.values())])
        elif was[: len(values)] != tuple(values.values()):
            new = {**values, **stamp}
            names = ", ".join(f"{name} = ?" for name in new)
            self.db.execute(f"UPDATE {table} SET {names} WHERE {where}", [*new.values(), *key.values()])
            row = self.db.execute(f"SELECT * FROM {table} WHERE {where}", [*key.values()]).fetchone()
            old = dict(zip(new, was, strict=True))
            self.replaced.append((table, [*key.items()], tables.digest(row), old))
            self.changed[table] += 1
        else:
            return False
        return True

    def insert(self, table: str, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """These rows are new in the table."""
        marks = ", ".join("?" * len(names))
        done = self.db.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)
        self.changed[table] += done.rowcount


class Upgrade:
    """One upgrade; after `perform`, what was done."""

    def __init__(self, db: sqlite3.Connection, state: State, options: Options, source: str) -> None:
        self._db, self._state, self._options, self._source = db, state, options, source
        self.writer = Writer(db)
        self.created: dict[str, str] = {}  # SQL by name, as the database keeps it
        self.records: list[Record] = []
        self.notes = [Note(source, "", *note) for note in state.notes]

    @property
    def changes(self) -> int:
        """How many objects and rows are new or different."""
        return len(self.created) + sum(self.writer.changed.values())

    def perform(self) -> None:
        """The fourth version is there, recorded and filled."""
        self._make()
        outcome = "migrated" if self._record() or self.created else "present"
        self.records.append(Record("schema", f"{self._source}#schema", ddl.VERSION, outcome))

    def _make(self) -> None:
        old = self._state.names(shape.OLD_KEYS)
        for table in old:
            self._rebuild(table)
        missing = [name for name in self._state.not_equal() if name not in old]
        for name in missing:
            self._db.execute(ddl.UP[name][1])
        kept = dict(self._db.execute("SELECT name, sql FROM sqlite_master"))
        self.created = {name: kept[name] for name in missing}
        if self._options.repair and (repaired := [*old, *(missing if self._state.recorded else ())]):
            self.notes.append(Note(self._source, "", "repaired", f"{len(repaired)}: {', '.join(repaired)}"))

    def _rebuild(self, table: str) -> None:
        """The table refers to skill_metrics, and holds what it held; its indexes are to be made again."""
        names = ", ".join(quoted(row[1]) for row in self._db.execute(f"PRAGMA table_info({table})"))
        sequence = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
        self._db.execute(
            f"CREATE TEMP TABLE migrator_kept AS SELECT rowid AS migrator_rowid, {names} FROM main.{table}"
        )
        self._db.execute(f"DROP TABLE main.{table}")
        self._db.execute(ddl.UP[table][1])
        self._db.execute(f"INSERT INTO main.{table} (rowid, {names}) SELECT * FROM temp.migrator_kept")
        self._db.execute("DROP TABLE temp.migrator_kept")
        if sequence:
            self._db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            self._db.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, sequence[0]))

    def _record(self) -> bool:
        """The version is recorded; whether that took a change."""
        if self._state.recorded:
            return False
        values = {"applied_at": self._applied_at(), "success": 1}
        more = {"description": ddl.DESCRIPTION, "checksum": ddl.CHECKSUM, "applied_by": "session-buddy"}
        if self._state.recorded is None:
            values |= more
        return self.writer.put("skill_migrations", {"version": ddl.VERSION}, values, {})

    def _applied_at(self) -> str:
        """Now, or a second after the last version: upstream takes the last row for the current version."""
        latest = self._options.now.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        for (text,) in self._db.execute("SELECT applied_at FROM skill_migrations"):
            try:
                latest = max(latest, datetime.strptime(str(text), STAMP) + timedelta(seconds=1))  # noqa: DTZ007 - all are UTC
            except (ValueError, OverflowError):
                continue
        return latest.strftime(STAMP)
