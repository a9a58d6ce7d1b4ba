"""The database value for value: raw rows, foreign keys and schema, from a private copy.

The tables of the full-text search are left out, since they follow from the sessions; `soundness` looks at them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from harness.home import Home
from harness.records import Record, Value
from harness.stored import Reference, Stored
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
            tables={name: dict(_rows(connection, name)) for name in names},
            references=tuple(reference for name in names for reference in _references(connection, name)),
            shape=_shape(connection),
            files=files,
            derived=_DERIVED,
        )


def _rows(connection: sqlite3.Connection, name: str) -> Iterator[tuple[str, Record]]:
    """Yields each row with its primary key as JSON; where that is NULL or lacking, with its number in the table."""
    keys = _keys(connection, name)
    cursor = connection.execute(f"SELECT * FROM {quoted(name)}")  # noqa: S608 - a quoted table name
    columns = [part[0] for part in cursor.description]
    for number, values in enumerate(cursor):
        row: dict[str, Value] = dict(zip(columns, values, strict=True))
        key = [row[column] for column in keys]
        yield f"#{number}" if not key or None in key else json.dumps(key, default=repr), row


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
