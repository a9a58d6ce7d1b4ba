"""What the target's state means for a migration: the codes that refuse it, and what its rows already hold."""

from __future__ import annotations

import posixpath
import sqlite3
from dataclasses import dataclass, field

from harness.expectation import TargetUnreadableError
from harness.home import Home
from harness.records import Tables
from harness.systems.ait42.oracle import schema
from harness.systems.ait42.oracle.database import PLACE, columns_of, opened, place, table_names, tables_of

_INVALID = frozenset({"DB_INVALID"})
_NO_ACCESS = frozenset({"NO_ACCESS"})
_MISMATCH = frozenset({"SCHEMA_MISMATCH"})
_MARKS = {
    "workspaces": _MISMATCH,
    "migration_metadata": _MISMATCH,
    "session_runtime_mix": _MISMATCH,
    "_sqlx_migrations": _INVALID | _MISMATCH,
}
"""Tables by which the editor's other lineages are known."""


@dataclass(frozen=True, slots=True)
class TargetState:
    """The target before a migration: why it must be left alone, if so, and its content as far as it can be read."""

    refusals: frozenset[str] = frozenset()
    tables: Tables = field(default_factory=dict)


def state_of(home: Home) -> TargetState:
    """Returns the state of the home's database, missing and broken ones included."""
    path = place(home)
    if path is None:
        orphaned = _INVALID if _orphaned(home) else frozenset()
        return TargetState(orphaned | _closed(home, f"{home.root}/{PLACE}"))
    if not home.entries[path].mode & 0o400 or home.has_second_name(path):
        return TargetState(_INVALID)  # a rollback could give back one name only
    closed = _closed(home, f"{home.root}/{path}")
    if not home.entries[path].mode & 0o200:
        closed = _NO_ACCESS
    try:
        with opened(home) as connection:
            return TargetState(_refusals(connection) | closed, tables_of(connection))
    except TargetUnreadableError:
        return TargetState(_INVALID)


def _closed(home: Home, database: str) -> frozenset[str]:
    """Returns the refusal where the folder of the database cannot be written by its owner."""
    folder = home.lookup(posixpath.dirname(database))
    return _NO_ACCESS if folder is not None and folder.mode & 0o300 != 0o300 else frozenset()


def _orphaned(home: Home) -> bool:
    """Tells whether a log lies there without its database, or the database is a link that leads nowhere."""
    if home.get(PLACE) is not None:
        return True
    beside = (home.get(f"{PLACE}{suffix}") for suffix in ("-wal", "-journal"))
    return any(entry is not None and entry.size > 0 for entry in beside)


def _refusals(connection: sqlite3.Connection) -> frozenset[str]:
    names = set(table_names(connection))
    if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
        return _INVALID
    if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
        return _INVALID
    if not names:
        return frozenset()
    if "schema_version" not in names:
        return next((codes for mark, codes in _MARKS.items() if mark in names), _INVALID | _MISMATCH)
    return _version_refusals(connection)


def _version_refusals(connection: sqlite3.Connection) -> frozenset[str]:
    if "version" not in columns_of(connection, "schema_version"):
        return _INVALID | _MISMATCH
    versions = [row[0] for row in connection.execute("SELECT version FROM schema_version ORDER BY version")]
    if any(isinstance(version, int) and version > schema.VERSION for version in versions):
        return _MISMATCH
    if not versions or versions != list(range(1, len(versions) + 1)):
        return _INVALID | _MISMATCH
    for table, columns in schema.TABLES.items():
        if not columns.keys() <= columns_of(connection, table):
            return _INVALID
    return frozenset()
