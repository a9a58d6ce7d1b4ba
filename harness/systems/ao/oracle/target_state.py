"""What the target's state means for a migration: the codes that refuse it, and what its rows already hold."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlite_utils import Database

from harness.expectation import TargetUnreadableError
from harness.home import Home
from harness.records import Record, Tables
from harness.systems.ao.oracle import schema
from harness.systems.ao.oracle.database import asked, once_for_each_content, place, tables_of
from harness.systems.ao.oracle.tree import Tree


@dataclass(frozen=True, slots=True)
class TargetState:
    """The target before a migration.

    Attributes:
        refusals: why it must be left alone; empty for a sound version 12.
        tables: its whole content in canonical values, as far as it can be read.
        logs_sessions: whether inserting a session writes its change-log row.
    """

    refusals: frozenset[str] = frozenset()
    tables: Tables = field(default_factory=dict)
    logs_sessions: bool = True

    @property
    def projects(self) -> Mapping[str, Record]:
        """Returns the project rows by id."""
        return self.tables.get("projects", {})

    @property
    def sessions(self) -> Mapping[str, Record]:
        """Returns the session rows by id."""
        return self.tables.get("sessions", {})


def state_of(home: Home) -> TargetState:
    """Returns the state of the home's database, missing and broken ones included."""
    path = place(home)
    if path is None:
        return TargetState(refusals=frozenset({"DB_MISSING"}))
    beside = [home.get(path + suffix) for suffix in ("-wal", "-shm", "-journal")]
    # SQLite keeps its log by one name, and a rollback restores one, so a database has no other.
    odd = any(entry is not None and entry.kind != "file" for entry in beside)
    if odd or not home.entries[path].mode & 0o400 or home.has_second_name(path):
        return TargetState(refusals=frozenset({"DB_INVALID"}))
    state = _readable_state(home)
    if home.entries[path].mode & 0o200 and Tree(home).may_write(posixpath.dirname(path)):
        return state
    return replace(state, refusals=state.refusals | {"DB_INVALID"})


@once_for_each_content
def _readable_state(home: Home) -> TargetState:
    try:
        return asked(home, _state)
    except TargetUnreadableError:
        return TargetState(refusals=frozenset({"DB_INVALID"}))


def _state(database: Database) -> TargetState:
    triggers = {str(row[0]) for row in _master(database, "trigger")}
    return TargetState(_refusals(database), tables_of(database), "sessions_cdc_insert" in triggers)


def version_problems(database: Database) -> list[str]:
    """Returns why the version table does not say *exactly the steps 1 to 12, none of them failed*."""
    if (schema.VERSION_TABLE,) not in _master(database, "table"):
        return [f"{schema.VERSION_TABLE}: the table is missing, so the version is 0 and not {schema.VERSION}"]
    query = f"SELECT version_id, is_applied FROM {schema.VERSION_TABLE} ORDER BY id"  # noqa: S608 - a constant
    latest = dict(database.execute(query).fetchall())  # of two rows for a version the later one counts
    problems = [
        f"{schema.VERSION_TABLE}: version {version!r} is not one of 0 to {schema.VERSION}"
        for version in latest
        if not isinstance(version, int) or version > schema.VERSION
    ]
    for version in range(1, schema.VERSION + 1):
        if version not in latest:
            problems.append(f"{schema.VERSION_TABLE}: version {version} is missing")
        elif latest[version] != 1:
            problems.append(f"{schema.VERSION_TABLE}: version {version} is not applied")
    return problems


def _refusals(database: Database) -> frozenset[str]:
    codes = set()
    if database.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
        codes.add("DB_INVALID")
    if version_problems(database):
        codes.add("SCHEMA_MISMATCH")
    elif _lacks_columns(database):  # of another version, other columns are to be expected
        codes.add("DB_INVALID")
    return frozenset(codes)


def _lacks_columns(database: Database) -> bool:
    for name, table in schema.TABLES.items():
        if name == schema.VERSION_TABLE:
            continue
        found = {row[1] for row in database.execute(f"PRAGMA table_info({name})")}
        if not found.issuperset(column.name for column in table.columns):
            return True
    return False


def _master(database: Database, kind: str) -> list[tuple[object, ...]]:
    return database.execute("SELECT name FROM sqlite_master WHERE type = ?", [kind]).fetchall()
