"""What others do to a home between two steps: the daemon and the legacy tool work on, somebody tampers, a disk goes bad.

Each deed is a pure function of the home and of the paths that the migrator keeps; None where it finds no place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from harness.corruption import bytes_
from harness.home import Home
from harness.system import Actor
from harness.systems.ao import daemon, daemon_work, legacy_work, naming
from harness.systems.ao.model import DATA

_Deed = Callable[[Home, Sequence[str]], Home | None]


def _in_order(change: daemon.Change) -> _Deed:
    return lambda home, _: daemon.closed(home, change)


def own_work(home: Home, _: Sequence[str]) -> Home | None:
    """Returns the home after the daemon gained a project of its own, which leans on nothing migrated."""
    return daemon.closed(home, daemon_work.own_project(home.root))


def work_in_log(home: Home, _: Sequence[str]) -> Home | None:
    """Returns the home after the daemon started a session and was killed before it wrote its log back."""
    return daemon.crashed(home, daemon_work.start_session)


def longer_transcript(home: Home, _: Sequence[str]) -> Home | None:
    """Returns the home after a session talked on in a transcript at its new place."""
    copies = _copies(home)
    return legacy_work.with_lines(home, copies[-1]) if copies else None


def tampering(home: Home, _: Sequence[str]) -> Home | None:
    """Returns the home after one migrated thing was altered or lost: a row, or a transcript at its new place."""
    random = Random(_digest(home))  # noqa: S311 - reproducible, not secret
    copies = _copies(home)
    if copies and random.random() < 0.5:
        copy = random.choice(copies)
        return bytes_.truncated(home, copy, random) or home.without(copy)
    return daemon.closed(home, random.choice((daemon_work.alter_row, daemon_work.delete_session)))


def _copies(home: Home) -> list[str]:
    """Returns the transcripts in the buckets of the daemon's own worktrees, sorted."""
    bucket = f".claude/projects/{naming.bucket(home.resolve(f'{home.root}/{DATA}/worktrees'))}-"
    return sorted(path for path, e in home.entries.items() if path.startswith(bucket) and e.kind == "file")


def _digest(home: Home) -> str:
    path = daemon.place(home)
    return home.entries[path].digest if path else ""


def _actor(summary: str, does: _Deed) -> Actor:
    return Actor(f"before the step, {summary}", (), frozenset(), does)


ACTORS = {
    "new-work": _actor(
        "the rewrite's daemon has started a session in a migrated project",
        _in_order(daemon_work.start_session),
    ),
    "own-work": replace(
        _actor("the daemon has gained a project of its own, with sessions", own_work),
        works=lambda home: daemon.works(daemon_work.own_project(home.root))(home),
    ),
    "changed-rows": _actor(
        "the daemon has changed a migrated session and its project", _in_order(daemon_work.change_rows)
    ),
    "pull-requests": _actor(
        "a migrated session has opened a pull request", _in_order(daemon_work.open_pull_request)
    ),
    "longer-transcript": _actor("a migrated transcript has grown at its new place", longer_transcript),
    "deleted-rows": _actor(
        "the daemon has deleted a migrated session", _in_order(daemon_work.delete_session)
    ),
    "older-rows-changed": replace(
        _actor(
            "the daemon has gone on with what it had before the migration",
            _in_order(daemon_work.change_older_rows),
        ),
        works=daemon.works(daemon_work.change_older_rows),
    ),
    "schema-moved": _actor(
        "a newer daemon has taken the database to version 13", _in_order(daemon_work.upgrade)
    ),
    "work-in-log": _actor("a daemon was killed with a new session only in its log", work_in_log),
    "legacy-new-session": _actor(
        "a session has begun in the legacy tool", lambda home, _: legacy_work.new_session(home)
    ),
    "legacy-session-ended": _actor(
        "a session has ended in the legacy tool", lambda home, _: legacy_work.session_ended(home)
    ),
    "legacy-transcript-grows": _actor(
        "a session has talked on in the legacy tool", lambda home, _: legacy_work.transcript_grows(home)
    ),
    "legacy-file-corrupted": _actor(
        "the file of a live legacy session was cut short", lambda home, _: legacy_work.file_corrupted(home)
    ),
    "tampering": _actor("a migrated row or transcript was altered or lost", tampering),
    "damaged-backup": _actor("a file that the migrator keeps was cut short", bytes_.with_largest_halved),
}
"""Deeds by name.  None has conditions: what it did is there to be seen in the tree."""
