"""What others do to a home between two steps: the editor works on in its files or its database, a disk goes bad.

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
from harness.systems.ait42 import editor_work, legacy_work
from harness.systems.ait42.model import DATABASE

_Deed = Callable[[Home, Sequence[str]], Home | None]


def _in_order(change: Change) -> _Deed:
    return lambda home, _: sqlite_work.closed(home, DATABASE, change)


def _in_files(work: Callable[[Home], Home | None]) -> _Deed:
    return lambda home, _: work(home)


def work_in_log(home: Home, _: Sequence[str]) -> Home | None:
    """Returns the home after the editor began a session and was killed before it wrote its log back."""
    return sqlite_work.crashed(home, DATABASE, editor_work.own_session)


def _actor(summary: str, does: _Deed) -> Actor:
    return Actor(f"before the step, {summary}", (), frozenset(), does)


def _in_database(summary: str, change: Change) -> Actor:
    return replace(_actor(summary, _in_order(change)), works=lambda _: Work(DATABASE, change))


ACTORS = {
    **held(DATABASE),
    **{name: _in_database(summary, change) for name, (summary, change) in editor_work.CHANGES.items()},
    **{name: _actor(summary, _in_files(work)) for name, (summary, work) in legacy_work.WORK.items()},
    "work-in-log": _actor("an editor was killed with a new session only in its log", work_in_log),
    "tampering": _actor("a migrated row was altered", _in_order(editor_work.altered)),
    "damaged-backup": _actor("a file that the migrator keeps was cut short", bytes_.with_largest_halved),
}
"""Deeds by name.  But for those who hold the database none has conditions: what it did is there to be seen."""
