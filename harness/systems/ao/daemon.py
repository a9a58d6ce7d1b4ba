"""The rewrite's daemon at work in a home's database; times are constants."""

from __future__ import annotations

from collections.abc import Callable

from harness import sqlite_work
from harness.home import Home
from harness.sqlite_work import Change, Work
from harness.systems.ao.model import DATA

WHEN = "2026-06-20 08:30:00.123 +0000 UTC"
_DATABASE = f"{DATA}/ao.db"


def place(home: Home) -> str | None:
    """Returns where the database's file lies once links are followed, or None where there is no such file."""
    return sqlite_work.place(home, _DATABASE)


def closed(home: Home, change: Change) -> Home | None:
    """Returns the home after the change, by a daemon that then ended in order; None where there is no place."""
    return sqlite_work.closed(home, _DATABASE, change)


def works(change: Change) -> Callable[[Home], Work]:
    """Returns the change as work of the daemon that can be done at any time."""
    return lambda _: Work(_DATABASE, change)


def crashed(home: Home, change: Change) -> Home | None:
    """Returns the home after the change, by a daemon that was then killed: the rows are only in its log."""
    return sqlite_work.crashed(home, _DATABASE, change)


__all__ = ["WHEN", "Change", "closed", "crashed", "place", "works"]
