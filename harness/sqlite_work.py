"""A program at work in an SQLite database of a home: a change is SQL, the result a new home.

Foreign keys are enforced and triggers fire, as in the program itself.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing

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


def _edited(home: Home, path: str, change: Change) -> bytes | None:
    """Returns the database's file after the change, its log counted in; None where there is no place for it."""
    with tempfile.TemporaryDirectory(prefix="harness-work-") as folder:
        copy = os.path.join(folder, "copy.db")
        for suffix in ("", "-wal"):
            if home.get(path + suffix) is not None:
                with open(copy + suffix, "wb") as file:
                    file.write(home.content(path + suffix))
        try:
            with closing(sqlite3.connect(copy)) as connection:
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
