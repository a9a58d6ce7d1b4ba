"""What others do while a step is at work: files that appear, change or go, or work in a database, which may be refused."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from harness.expectation import TargetUnreadableError
from harness.home import Home
from harness.scenario import ScenarioError
from harness.sqlite_work import place, statements_of
from harness.system import Actor, System

_BESIDE = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Theirs:
    """An actor's work in a home: how the home is once it is done, the paths of it, and what the supervisor is told."""

    home: Home
    paths: tuple[str, ...]
    orders: Mapping[str, Any]
    database: str = ""

    def after(self, system: System, found: Home) -> Home:
        """Returns the home with their work in it as a step began with it that left `found`.

        When they wrote nobody foretells, so folders have the times that are found; nor how SQLite lays out a database, so as far
        as that still holds what they left there, its files are as they are found.
        """
        home = with_times_of(found, self.home, {posixpath.dirname(path) for path in self.paths})
        with suppress(TargetUnreadableError):
            if self.database and system.read_stored(home).same_as(system.read_stored(found)):
                home = _with_files_of(found, home, [self.database + suffix for suffix in _BESIDE])
        return home


def theirs_in(actor: Actor, before: Home, keeps: Sequence[str]) -> Theirs | None:
    """Returns an actor's work in a home, None where it has no place there.

    Raises:
        ScenarioError: it is more than a change of files or of a database.
    """
    changed = actor.does(before, keeps) if actor.does else None
    if changed is None:
        return None
    work = actor.works(before) if actor.works else None
    statements = statements_of(before, work) if work else None
    if work is None or statements is None:
        files = files_between(before, changed)
        return Theirs(changed, tuple(path for path, *_ in files), {"files": files})
    path = place(before, work.database) or work.database
    told = {"path": path, "statements": statements, "now": work.now}
    return Theirs(changed, (path,), {"files": [], "work": told}, path)


def files_between(before: Home, after: Home) -> list[tuple[str, str, str, int, int]]:
    """Returns path, what is there now (``file``, ``dir``, ``gone``), content in hexadecimal, mode and mtime, of all that others changed.

    Raises:
        ScenarioError: they did more than write and remove files and make folders.
    """
    found: list[tuple[str, str, str, int, int]] = []
    for change in before.changes_to(after):
        was, now = change.before, change.after
        if now is not None and now.kind == "file" and (was is None or was.kind == "file"):
            found.append((change.path, "file", after.content(change.path).hex(), now.mode, now.mtime_ns))
        elif now is not None and now.kind == "dir" and was is None:
            found.append((change.path, "dir", "", now.mode, 0))
        elif now is None and was is not None and was.kind == "file":
            found.append((change.path, "gone", "", 0, 0))
        else:
            raise ScenarioError(
                f"{change.path}: {change.describe()}, which cannot happen during a step; name another actor"
            )
    return found


def with_times_of(after: Home, home: Home, folders: Iterable[str]) -> Home:
    """Returns the home with the times that these folders have after the step: when others wrote there, nobody foretells."""
    entries = dict(home.entries)
    for path in folders:
        was, now = home.get(path), after.get(path)
        if was is not None and now is not None and was.kind == now.kind == "dir":
            entries[path] = msgspec.structs.replace(was, mtime_ns=now.mtime_ns)
    return replace(home, entries=entries)


def _with_files_of(after: Home, home: Home, paths: Iterable[str]) -> Home:
    entries = {path: entry for path, entry in home.entries.items() if path not in paths}
    entries |= {path: after.entries[path] for path in paths if path in after.entries}
    return replace(home, entries=entries, blobs=after.blobs)
