"""The database value for value: raw rows, foreign keys and schema, from a private copy.

The tables of the full-text search are left out, since they follow from the sessions; `soundness` looks at them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from harness.home import Home
from harness.stored import RawTable, Reference, Stored
from harness.systems.ait42.oracle.database import PLACE, SUFFIXES, opened, place, quoted, table_names

_DERIVED = {"sessions": frozenset({"instance_count", "message_count"})}


def read_stored(home: Home) -> Stored:
    """Returns what the database stores; no tables where there is none.

    Raises:
        TargetUnreadableError: there is one, but it cannot be read.
    """
    path = place(home)
    files = frozenset((path or PLACE) + suffix for suffix in SUFFIXES)
    if path is None:
        return Stored(files=files)
    with opened(home) as connection:
        names = table_names(connection)
        return Stored(
            tables={name: _table(connection, name) for name in names},
            references=tuple(reference for name in names for reference in _references(connection, name)),
            shape=_shape(connection),
            files=files,
            derived=_DERIVED,
        )


def _table(connection: sqlite3.Connection, name: str) -> RawTable:
    cursor = connection.execute(f"SELECT * FROM {quoted(name)}")  # noqa: S608 - a quoted table name
    return RawTable([part[0] for part in cursor.description], _keys(connection, name), cursor)


def _keys(connection: sqlite3.Connection, name: str) -> list[str]:
    """Returns the columns of the primary key in their order."""
    info = connection.execute(f"PRAGMA table_info({quoted(name)})").fetchall()
    return [str(row[1]) for row in sorted(info, key=lambda row: int(row[5])) if row[5]]


def _references(connection: sqlite3.Connection, name: str) -> Iterator[Reference]:
    rows = connection.execute(f"PRAGMA foreign_key_list({quoted(name)})").fetchall()
    for _, number, parent, column, key, *_ in rows:
        yield Reference(name, str(column), str(parent), str(key or _keys(connection, str(parent))[number]))


def _shape(connection: sqlite3.Connection) -> str:
    """Returns the schema's own text, and the version that it says it has."""
    texts = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
    return repr((texts, connection.execute("PRAGMA user_version").fetchone()))
