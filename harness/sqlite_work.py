"""A program at work in an SQLite database of a home: a change is SQL, the result a new home.

Foreign keys are enforced and triggers fire, as in the program itself.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from harness import sqlite_copy
from harness.home import Home
from harness.wal import write_ahead_log

Change = Callable[[sqlite3.Connection], bool]
"""Changes the database and tells whether it found a place to; what it did otherwise does not count."""

_LATER = 1_000_000_000  # ns between the last write and this one
_WAL = slice(18, 20)  # of the header: the versions for writing and reading, 2 with a write-ahead log


def place(home: Home, database: str) -> str | None:
    """Returns where the database's file lies once links are followed, or None where there is no such file."""
    path = sqlite_copy.place(home, database)
    return path if path is not None and home.entries[path].kind == "file" else None


def closed(home: Home, database: str, change: Change) -> Home | None:
    """Returns the home after the change, by a program that then ended in order; None where there is no place."""
    path = place(home, database)
    content = None if path is None else _edited(home, path, change)
    return None if path is None or content is None else _with_database(home, path, content)


def crashed(home: Home, database: str, change: Change) -> Home | None:
    """Returns the home after the change, by a program that was then killed: the rows are only in its log."""
    path = place(home, database)
    if path is None:
        return None
    before, after = _edited(home, path, lambda _: True), _edited(home, path, change)
    if before is None or after is None:
        return None
    before, after = (image[: _WAL.start] + b"\2\2" + image[_WAL.stop :] for image in (before, after))
    return _with_database(home, path, before).with_file(
        f"{path}-wal", write_ahead_log(before, after), mode=home.entries[path].mode
    )


@dataclass(frozen=True, slots=True)
class Work:
    """A change of a database that may be made at any time: where, what, and which time SQL takes for now, if that counts."""

    database: str
    change: Change
    now: str = ""


class _Noting(sqlite3.Connection):
    """A connection that notes what it is told to do."""

    noted: list[tuple[str, Sequence[Any]]]

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Notes the statement, unless it only asks, and executes it."""
        if not sql.lstrip().upper().startswith(("SELECT", "PRAGMA", "WITH")):
            self.noted.append((sql, list(parameters)))
        return super().execute(sql, parameters)


def statements_of(home: Home, work: Work) -> list[tuple[str, list[Any]]] | None:
    """Returns the statements with their values that the change consists of, on this home; None where it has no place.

    Bytes are given as ``{"hex": ...}``.
    """
    path, noted = place(home, work.database), list[tuple[str, Sequence[Any]]]()
    if path is None or _edited(home, path, work.change, noted) is None:
        return None
    return [
        (sql, [{"hex": value.hex()} if isinstance(value, bytes) else value for value in values])
        for sql, values in noted
    ]


def _edited(
    home: Home, path: str, change: Change, noted: list[tuple[str, Sequence[Any]]] | None = None
) -> bytes | None:
    """Returns the database's file after the change, its log counted in; None where there is no place for it.

    What was done is added to `noted`.
    """
    with tempfile.TemporaryDirectory(prefix="harness-work-") as folder:
        copy = os.path.join(folder, "copy.db")
        for suffix in ("", "-wal"):
            if home.get(path + suffix) is not None:
                with open(copy + suffix, "wb") as file:
                    file.write(home.content(path + suffix))
        try:
            with closing(sqlite3.connect(copy, factory=_Noting)) as connection:
                connection.noted = [] if noted is None else noted
                connection.execute("PRAGMA foreign_keys = ON")
                with connection:
                    if not change(connection):
                        return None
        except sqlite3.Error:
            return None
        with open(copy, "rb") as file:
            return file.read()


def _with_database(home: Home, path: str, content: bytes) -> Home:
    for suffix in ("-wal", "-shm"):
        home = home.without(path + suffix)
    return home.with_file(path, content, mtime_ns=home.entries[path].mtime_ns + _LATER)
