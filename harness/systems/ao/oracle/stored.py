"""The rewrite's database value for value: raw rows, foreign keys and schema, from a private copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlite_utils import Database

from harness.home import Home
from harness.stored import RawTable, Reference, Stored
from harness.systems.ao.oracle.database import PLACE, asked, place

_SUFFIXES = ("", "-wal", "-shm", "-journal")


def read_stored(home: Home) -> Stored:
    """Returns what ``.ao/data/ao.db`` stores; no tables where there is no database.

    Raises:
        TargetUnreadableError: there is one, but it cannot be read.
    """
    path = place(home)
    files = frozenset((path or PLACE) + suffix for suffix in _SUFFIXES)
    if path is None:
        return Stored(files=files)
    return replace(asked(home, _stored), files=files)


def _stored(database: Database) -> Stored:
    names = [str(name) for name in database.table_names() if not name.startswith("sqlite_")]
    return Stored(
        tables={name: _table(database, name) for name in names},
        references=tuple(reference for name in names for reference in _references(database, name)),
        counters=dict(_counters(database)),
        shape=_shape(database),
    )


def _table(database: Database, name: str) -> RawTable:
    cursor = database.execute(f"SELECT * FROM {_quoted(name)}")  # noqa: S608 - a quoted table name
    return RawTable([part[0] for part in cursor.description], _keys(database, name), cursor)


def _keys(database: Database, name: str) -> list[str]:
    """Returns the columns of the primary key in their order."""
    info = database.execute(f"PRAGMA table_info({_quoted(name)})").fetchall()
    return [str(row[1]) for row in sorted(info, key=lambda row: int(row[5])) if row[5]]


def _references(database: Database, name: str) -> Iterator[Reference]:
    for _, number, parent, column, key, *_ in database.execute(
        f"PRAGMA foreign_key_list({_quoted(name)})"
    ).fetchall():
        yield Reference(name, str(column), str(parent), str(key or _keys(database, str(parent))[number]))


def _counters(database: Database) -> Iterator[tuple[str, int]]:
    if "sqlite_sequence" in database.table_names():
        for name, highest in database.execute("SELECT name, seq FROM sqlite_sequence").fetchall():
            if isinstance(highest, int):
                yield str(name), highest


def _shape(database: Database) -> str:
    """Returns the schema's own text, and the version that it says it has."""
    texts = database.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
    version = database.execute("PRAGMA user_version").fetchone()
    return repr((texts, version))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
