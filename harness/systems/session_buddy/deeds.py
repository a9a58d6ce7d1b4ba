"""What others do to a home between two steps: session-buddy works on, upstream's own tools run, a disk goes bad.

Each deed is a pure function of the home and of the paths that the migrator keeps; None where it finds no place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from harness import sqlite_work
from harness.corruption import bytes_
from harness.held import held
from harness.home import Home
from harness.sqlite_work import Change, Work
from harness.system import Actor
from harness.systems.session_buddy import tool_work
from harness.systems.session_buddy.model import DATABASE
from harness.systems.session_buddy.places import NOW, database_of

_Deed = Callable[[Home, Sequence[str]], Home | None]


def _in_order(change: Change) -> _Deed:
    def deed(home: Home, _: Sequence[str]) -> Home | None:
        path = database_of(home)
        return None if path is None else sqlite_work.closed(home, path, change)

    return deed


def work_in_log(home: Home, _: Sequence[str]) -> Home | None:
    """Returns the home after session-buddy recorded invocations and was killed before it wrote its log back."""
    path = database_of(home)
    return None if path is None else sqlite_work.crashed(home, path, tool_work.new_invocations)


def _actor(summary: str, does: _Deed) -> Actor:
    return Actor(f"before the step, {summary}", (), frozenset(), does)


def _in_database(summary: str, change: Change) -> Actor:
    def works(home: Home) -> Work | None:
        path = database_of(home)
        return None if path is None else Work(path, change, NOW)

    return replace(_actor(summary, _in_order(change)), works=works)


ACTORS = {
    **held(DATABASE),
    **{name: _in_database(summary, change) for name, (summary, change) in tool_work.CHANGES.items()},
    "work-in-log": _actor("session-buddy was killed with new invocations only in its log", work_in_log),
    "tampering": _actor("something of version 4 was altered or lost", _in_order(tool_work.altered)),
    "damaged-backup": _actor("a file that the migrator keeps was cut short", bytes_.with_largest_halved),
}
"""Deeds by name.  But for those who hold the database none has conditions: what it did is there to be seen."""
