"""One pass over all session files: every element gets its fate, and every session that counts goes to a sink.

Files are read one after the other and forgotten. That a session is in two files is seen only at the second one; then
it is decided which counts, and the pass begins again.
"""

import os
from collections.abc import Callable, Collection
from itertools import chain
from typing import Protocol

from migrator import files
from migrator.ait42 import decode, schema, shape, sources
from migrator.ait42.moments import Instant, instant
from migrator.ait42.shape import Issue, Merged, Shaped
from migrator.ait42.sources import Places
from migrator.ait42.workspaces import Answered, Workspaces
from migrator.spool import Spool
from migrator.system import Note, Progress, Record

BOUND = 1 << 30  # bytes of a session file

Fate = tuple[
    str, list[Issue], str | None
]  # migrated or present; what was changed on the way; a note's reason
Again = dict[str, dict[str, tuple[Instant, bytes]]]  # by id and file: how new, and a digest of the content


class Sink(Protocol):
    """Where sessions go."""

    def instances(self, _: str) -> Collection[int]:
        """The numbers of the instances that it has of this session already; none where it does not say so."""
        return ()

    def put(self, one: Shaped) -> Fate:
        """The session is taken."""

    def after(self, _: int) -> None:
        """A file of so many bytes was taken."""
        return

    def restart(self) -> None:
        """Nothing was taken yet."""


class Reader:
    """Reads session files, and remembers their stamps, and what could not be read."""

    def __init__(self, where: Places) -> None:
        self._where = where
        self.stamps = dict[str, tuple[int, int, int] | None]()

    def path(self, name: str) -> str:
        """Where the file of this name lies."""
        return os.path.join(self._where.sessions, f"{name}.json")

    def read(self, name: str) -> bytes:
        """All bytes of the file. Raises decode.BadFileError."""
        path = self.path(name)
        self.stamps.setdefault(name, files.stamp(path))
        try:
            return files.read(path, BOUND)[0]
        except files.NotRegularError as error:
            raise decode.BadFileError("not-a-regular-file", "") from error
        except files.TooLargeError as error:
            raise decode.BadFileError("too-large", f"more than {BOUND >> 20} MiB") from error
        except OSError as error:
            raise decode.BadFileError("unreadable", str(error.strerror)) from error

    def size(self, name: str) -> int:
        """How many bytes `read` gives, as far as the file's size tells; none of what is too large."""
        size = os.lstat(self.path(name)).st_size
        return size if size <= BOUND else 0

    def changed(self) -> list[str]:
        """The names of files that were written since they were read."""
        return [name for name, stamp in self.stamps.items() if files.stamp(self.path(name)) != stamp]


class Intake:
    """What one pass found: `records` and `notes` as reports want them."""

    def __init__(
        self,
        where: Places,
        workspaces: Workspaces | Answered,
        read: Callable[[str], bytes],
        names: list[str] | None = None,
    ) -> None:
        self._where, self._workspaces, self._read = where, workspaces, read
        found, self._others = sources.found(where) if names is None else (names, [])
        self.names = found
        self.records, self.notes = Spool(Record), Spool(Note)
        self._again: Again = {}  # sessions that are in several files
        self._first: dict[str, str] = {}

    def run(self, sink: Sink, progress: Progress) -> None:
        """Every session that counts is in the sink. Raises Refusal."""
        twice = self._pass(sink, progress)
        if twice:
            self._again = self._compared(twice)
            sink.restart()
            self._pass(sink, progress)

    def _pass(self, sink: Sink, progress: Progress) -> dict[str, set[str]]:
        """The sessions that turned out to be in several files, with these."""
        self.records, self.notes, self._first = Spool(Record, self._others), Spool(Note), {}
        twice: dict[str, set[str]] = {}
        for number, name in enumerate(self.names, 1):
            source = self._where.source(name)
            try:
                data = self._read(name)
                elements = decode.sessions(data)
            except decode.BadFileError as bad:
                outcome = "skipped" if bad.args[0] in decode.EMPTY else "set-aside"
                self.records.append(Record("file", source, name, outcome, *bad.args))
                continue
            fates: list[tuple[str, ...]] = [("skipped", "duplicate-session")] * len(elements)
            for merged in shape.merge(elements):
                sid = merged.session["id"]
                if merged.session["type"] not in schema.TYPES:
                    detail = f"type {merged.session['type']!r}"
                    fates[merged.winner] = ("set-aside", "unknown-type", detail)
                elif sid in self._again:
                    fates[merged.winner] = self._chosen(sid, name) or self._put(sink, merged, elements, name)
                elif (first := self._first.setdefault(sid, name)) != name:
                    twice.setdefault(sid, {first}).add(name)
                else:
                    fates[merged.winner] = self._put(sink, merged, elements, name)
            for index, (one, fate) in enumerate(zip(elements, fates, strict=True)):
                self.records.append(Record("session", f"{source}#{index}", one["id"], *fate))
            sink.after(len(data))
            progress(number)
        self.notes = Spool(Note, chain(self._workspaces.notes, self.notes))
        return twice

    def _put(self, sink: Sink, merged: Merged, elements: list[decode.Json], name: str) -> tuple[str, ...]:
        workspace = self._workspaces.of(name, elements)
        there = sink.instances(merged.session["id"])
        one = shape.shaped(merged, elements, self._where.source(name), workspace, there)
        outcome, issues, why = sink.put(one)
        for issue in issues:
            told = f"{issue.field} {issue.original!r} is stored as {issue.stored!r}"
            self.notes.append(Note(one.source, one.id, issue.reason, told[:200]))
        if why:
            self.notes.append(Note(one.source, one.id, why))
        if one.long and (outcome == "migrated" or why == "updated"):
            self.notes.append(
                Note(one.source, one.id, "long-message", f"{one.long} of over {shape.LONG} characters")
            )
        return (outcome,)

    def _compared(self, twice: dict[str, set[str]]) -> Again:
        """How new and what each of them is; files are read again, since none of them was kept."""
        again: Again = {sid: {} for sid in twice}
        for name in sorted(set().union(*twice.values())):
            for merged in shape.merge(decode.sessions(self._read(name))):
                sid = merged.session["id"]
                if sid in twice and merged.session["type"] in schema.TYPES:
                    again[sid][name] = instant(merged.session["updatedAt"]), merged.digest()
        return again

    def _chosen(self, sid: str, name: str) -> tuple[str, ...] | None:
        """The fate of one that does not count: of several the newest does, and of these the first file's."""
        every = self._again[sid]
        best = max(every, key=lambda one: every[one][0])  # the first of equals: files are in order
        if name == best:
            return None
        if every[name][1] == every[best][1]:
            return "skipped", "duplicate-session", f"as in {best}.json"
        return "set-aside", "cross-file-conflict", f"{best}.json holds a newer one"
