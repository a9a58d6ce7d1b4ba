"""Where in a home of session-buddy damage can be done: the database's file, its schema, its rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from harness import sqlite_work
from harness.home import Home
from harness.systems.session_buddy import naming
from harness.systems.session_buddy.model import NAMED, PLACES

Apply = Callable[[Home, Random], Home | None]
Edit = Callable[[sqlite3.Connection, Random], bool]
"""Changes the database and tells whether it found a place to."""

NOW = naming.in_sqlite(datetime(2026, 2, 28, 20, 0, 0, tzinfo=UTC))
"""What ``datetime('now')`` is to others at work."""


def database_of(home: Home) -> str | None:
    """Returns the path of the database, or None where no file lies at any of its places."""
    found = (path for path in (NAMED, *PLACES) if home.get(path) is not None)
    path = next(found, None)
    return path if path is not None and sqlite_work.place(home, path) else None


def on_file(change: Callable[[Home, str, Random], Home | None]) -> Apply:
    """Returns damage to the database's file."""

    def apply(home: Home, random: Random) -> Home | None:
        path = database_of(home)
        return None if path is None else change(home, path, random)

    return apply


def on_settled_file(change: Callable[[Home, str, Random], Home | None]) -> Apply:
    """Returns damage to the bytes of a database that is all in its file, with no log beside it."""

    def damage(home: Home, path: str, random: Random) -> Home | None:
        whole = home.entries[path].kind == "file" and home.entries[path].size > 0
        return change(home, path, random) if whole and home.get(f"{path}-wal") is None else None

    return on_file(damage)


def in_database(edit: Edit) -> Apply:
    """Returns damage to the rows or the schema; what SQLite refuses has no place."""

    def damage(home: Home, path: str, random: Random) -> Home | None:
        return sqlite_work.closed(home, path, lambda connection: edit(at_a_set_time(connection), random))

    return on_file(damage)


def at_a_set_time(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Returns the connection, for which ``datetime('now')`` is a constant from here on."""
    connection.create_function("datetime", 1, lambda _: NOW)
    return connection


def has(connection: sqlite3.Connection, name: str) -> bool:
    """Tells whether there is an object of this name."""
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone() is not None


def statement(sql: str, *needs: str) -> Edit:
    """Returns a change by SQL statements, where there are the objects that it needs; at least one row must change.

    Statements that change the schema count as a change, too.
    """

    def edit(connection: sqlite3.Connection, _: Random) -> bool:
        if not all(has(connection, name) for name in needs):
            return False
        changes, version = connection.total_changes, _schema_version(connection)
        connection.executescript(sql)
        return connection.total_changes > changes or _schema_version(connection) > version

    return edit


def _schema_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA schema_version").fetchone()[0])
