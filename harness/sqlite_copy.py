"""An SQLite database of a home, looked at through a private copy, so that looking disturbs nothing.

Opening the file itself would write its log back, or leave a ``-shm`` beside it.
"""

from __future__ import annotations

import functools
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from harness.expectation import TargetUnreadableError
from harness.home import Home
from harness.stored import RawTable, Reference, Stored

SUFFIXES = ("", "-wal", "-shm", "-journal")
COPIED = ("", "-wal", "-journal")  # a -shm is rebuilt from the -wal
_ANSWERS = 64  # remembered by each question
_SMALL = 4 << 20  # bytes of a database whose answers are remembered, and which is copied into memory
_MEMORY = "/dev/shm"  # noqa: S108 - where making and removing a folder does not wait for a disk
T = TypeVar("T")


def place(home: Home, database: str) -> str | None:
    """Returns where the database lies in the home once links are followed, or None when nothing is there."""
    inside = home.relative(home.resolve(f"{home.root}/{database}"))
    return inside if inside is not None and inside in home.entries else None


def files_of(home: Home, database: str) -> frozenset[str]:
    """Returns the paths of the database and of what SQLite keeps beside it, whether they are there or not."""
    path = place(home, database) or database
    return frozenset(path + suffix for suffix in SUFFIXES)


def with_surrogates(raw: bytes) -> str:
    """Returns a text of the database; bytes that are not UTF-8 become surrogates, so that none is lost."""
    return raw.decode("utf-8", "surrogateescape")


def quoted(name: str) -> str:
    """Returns a name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def opened(
    home: Home, database: str, *, text: Callable[[bytes], str] | type[str] = with_surrogates
) -> Iterator[sqlite3.Connection]:
    """Opens a private copy of the home's database, its write-ahead log counted in.

    Raises:
        TargetUnreadableError: there is something, but no readable SQLite database.
    """
    path = place(home, database)
    entry = None if path is None else home.get(path)
    if path is None or entry is None or entry.kind != "file":
        raise TargetUnreadableError(f"{database}: not a regular file")
    beside = {suffix: entry for suffix in COPIED if (entry := home.get(path + suffix))}
    small = sum(entry.size for entry in beside.values()) <= _SMALL and os.access(_MEMORY, os.W_OK)
    with tempfile.TemporaryDirectory(prefix="harness-copy-", dir=_MEMORY if small else None) as folder:
        copy = os.path.join(folder, "copy.db")
        for suffix, one in beside.items():
            if one.kind == "file":
                with open(copy + suffix, "wb") as file:
                    file.write(home.content(path + suffix))
        connection = sqlite3.connect(copy, isolation_level=None)
        try:
            connection.text_factory = text
            yield connection
        except sqlite3.Error as error:
            raise TargetUnreadableError(f"{database}: {error}") from error
        finally:
            connection.close()


def damage(connection: sqlite3.Connection, name: str) -> Iterator[str]:
    """Yields what SQLite itself finds damaged in an open database, a sentence each that begins with `name`."""
    try:
        lines = connection.execute("PRAGMA integrity_check").fetchall()
    except sqlite3.DatabaseError as error:  # a damaged list of free pages ends the check itself
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise
        lines = [(error,)]
    for (line,) in lines:
        if line != "ok":
            yield f"{name}: integrity check: {line}"


def once_for_each_content(
    place: Callable[[Home], str | None],
) -> Callable[[Callable[[Home], T]], Callable[[Home], T]]:
    """Returns a decorator for a question about the database at a home's `place`: it looks only once at files of the same bytes.

    Most homes of a run begin with the same one, and most steps leave it as it was.  Whoever gets an answer must not
    change it.  Of large databases none is remembered.
    """

    def once(answer: Callable[[Home], T]) -> Callable[[Home], T]:
        known: dict[object, T] = {}

        @functools.wraps(answer)
        def again(home: Home) -> T:
            path = place(home)
            beside = [home.get(path + suffix) for suffix in COPIED] if path else []
            contents = (path, *(entry and (entry.kind, entry.digest) for entry in beside))
            if contents in known:
                return known[contents]
            found = answer(home)
            if sum(entry.size for entry in beside if entry) <= _SMALL:
                while len(known) >= _ANSWERS:
                    del known[next(iter(known))]
                known[contents] = found
            return found

        return again

    return once


def value_for_value(
    connection: sqlite3.Connection,
    names: Iterable[str],
    *,
    files: frozenset[str],
    derived: Mapping[str, frozenset[str]] | None = None,
) -> Stored:
    """Returns what the named tables hold: raw rows, foreign keys, counters and schema; `files` and `derived` as given."""
    found = list(names)
    return Stored(
        tables={name: raw_table(connection, name) for name in found},
        references=tuple(reference for name in found for reference in _references(connection, name)),
        counters=dict(_counters(connection)),
        shape=_shape(connection),
        files=files,
        derived=derived or {},
    )


def raw_table(connection: sqlite3.Connection, name: str) -> RawTable:
    """Returns the rows of a table as they are stored, by their primary key."""
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


def _counters(connection: sqlite3.Connection) -> Iterator[tuple[str, int]]:
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone():
        for name, highest in connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall():
            if isinstance(highest, int):
                yield str(name), highest


def _shape(connection: sqlite3.Connection) -> str:
    """Returns the schema's own text, and the version that it says it has."""
    texts = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
    return repr((texts, connection.execute("PRAGMA user_version").fetchone()))
