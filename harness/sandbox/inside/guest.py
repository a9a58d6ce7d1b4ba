"""Another program at work in a database of the home, while the supervised one stands still at an operation."""

from __future__ import annotations

import contextlib
import os
from typing import Any


def work(path: str, statements: list[list[Any]], now: str) -> str:
    """Returns why the work was refused, nothing where it was done: all statements in one transaction, or none.

    A statement is its text and its values, bytes as ``{"hex": ...}``.  Where `now` says so, ``datetime('now')`` is that.
    It waits for nobody: whoever holds the database goes on only when this has ended.
    """
    heard, say = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(heard)
            os.write(say, _done(path, statements, now).encode("utf-8", "replace"))
        finally:
            os._exit(0)
    os.close(say)
    with open(heard, "rb") as file:
        told = file.read().decode()
    os.waitpid(pid, 0)
    return "" if told == "done" else told or "it ended early"


def _done(path: str, statements: list[list[Any]], now: str) -> str:
    import sqlite3  # noqa: PLC0415 - in the program that needs it alone

    if not os.path.isfile(path):
        return "there is no database"
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as database:
            if now:
                database.create_function("datetime", 1, lambda _: now)
            database.execute("PRAGMA foreign_keys = ON")
            database.execute("BEGIN IMMEDIATE")
            for text, values in statements:
                database.execute(text, [_value(value) for value in values])
            database.execute("COMMIT")
    except sqlite3.Error as error:
        return str(error) or type(error).__name__
    return "done"


def _value(value: Any) -> Any:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value
