"""Others who hold an SQLite database of a home open while a step runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from harness import sqlite_work
from harness.home import Home
from harness.sandbox.holders import Database
from harness.system import Actor

_HOLDS: tuple[tuple[str, Literal["idle", "read", "write"], str], ...] = (
    ("idle-connection", "idle", "a process keeps the database open and has read from it once"),
    ("read-transaction", "read", "a process is in the middle of reading the database"),
    ("write-transaction", "write", "a process is in the middle of writing the database"),
)


def held(database: str) -> dict[str, Actor]:
    """Returns the actors, by name, that hold the database at a path below the home, where there is one."""

    def present(home: Home, _: Sequence[str]) -> Home | None:
        return home if sqlite_work.place(home, database) else None

    return {
        name: Actor(summary, (Database(database, how),), frozenset({"locked"}), present)
        for name, how, summary in _HOLDS
    }
