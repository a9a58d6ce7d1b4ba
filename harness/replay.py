"""Recorded operations read as the changes that they made, each on the inode that it was about.

What cannot be told as changes of a tree is refused by name, and pictures of the same run show what went past the
recording: a state that the run could not have left is never laid out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace as replace_change

from msgspec.structs import replace

from harness.course import NO_TIME, ROOT, Change, Course, Force, Move, ReplayError
from harness.fault import Operation
from harness.home import Entry, Home, Kind, digest_of

_EMPTY = digest_of(b"")
_WRITING = frozenset({"write", "pwrite", "writev", "pwritev", "sendfile", "copy", "splice"})
_KEEP_SIZE, _PUNCH, _ZERO = 1, 2, 16  # linux/falloc.h
_KINDS: Mapping[int, Kind] = {0o100000: "file", 0o010000: "fifo", 0o140000: "socket"}  # of mknod: sys/stat.h


class _Reader:
    """Goes through operations in order and keeps the tree as it is by then."""

    def __init__(self, start: Home) -> None:
        self.course = Course(start, names={})
        self._names: dict[int, dict[str, int]] = {}  # as they are now
        self._by_number: dict[int, int] = {}  # the kernel's inode numbers
        self._modes: dict[int, int] = {}  # as they are now, like the times
        self._times: dict[int, int] = {}
        self._new(start.entries["."])
        for path, entry in sorted(start.entries.items()):
            if path != ".":
                folder, name = self._above(path)
                twin = self._find(entry.target) if entry.kind == "file" and entry.target else None
                inode = (
                    self._new(replace(entry, target="") if entry.kind == "file" else entry)
                    if twin is None
                    else twin
                )
                self._names[folder][name] = inode
                self.course.names[folder][name] = inode

    def _new(self, entry: Entry) -> int:
        inode = len(self.course.entries)
        self.course.entries[inode] = entry
        self._modes[inode], self._times[inode] = entry.mode, entry.mtime_ns
        if entry.kind == "dir":
            self.course.names[inode], self._names[inode] = {}, {}
        return inode

    def _above(self, path: str) -> tuple[int, str]:
        folder, _, name = path.rpartition("/")
        found = self._find(folder) if folder else ROOT
        if found is None or found not in self._names:
            raise ReplayError(f"{path}: nothing is known of the folder that it lies in")
        return found, name

    def _find(self, path: str) -> int | None:
        inode: int | None = ROOT
        for part in [] if path == "." else path.split("/"):
            inode = self._names.get(inode, {}).get(part) if inode is not None else None
        return inode

    def _inode(self, operation: Operation) -> int:
        """Returns the inode that a descriptor's operation is about, by its path or by its number."""
        number, path = operation.more.get("inode"), operation.paths[0]
        found = self._find(path) if path is not None else None
        if found is None:
            found = self._by_number.get(number) if number is not None else None
        elif number is not None:
            self._by_number[number] = found
        if found is None:
            raise ReplayError(f"{operation}: nothing is known of this file")
        return found

    def _add(self, change: Change) -> None:
        self.course.changes.append(change)
        if change.sort == "mode":
            self._modes[change.owner] = change.place
        for move in change.moves:
            if move.inode is None:
                self._names[move.folder].pop(move.name, None)
            else:
                self._names[move.folder][move.name] = move.inode

    def read(self, at: int, operation: Operation, contents: Sequence[bytes]) -> None:
        """The operation's changes are in the course."""
        if operation.name == "fsync" and operation.more.get("result", 0) < 0:
            self.course.tried[at] = self._inode(operation)
        if operation.more.get("result", -1) < 0:
            return
        first = len(self.course.changes)
        self._change(at, operation, contents)
        self._attributes(at, operation, first)

    def _change(self, at: int, operation: Operation, contents: Sequence[bytes]) -> None:
        """What the operation is for is in the course."""
        name, more = operation.name, operation.more
        if name in {"sync", "syncfs"}:
            self.course.forces.append(Force(at, None))
        elif name == "fsync":
            self.course.forces.append(Force(at, self._inode(operation), bool(more.get("data_alone"))))
        elif name in _WRITING:
            self._write(at, operation, contents)
        elif name == "truncate":
            self._add(Change(at, "length", self._inode(operation), place=more["length"]))
        elif name == "allocate":
            self._allocate(at, operation)
        elif name == "chmod":
            self._add(Change(at, "mode", self._inode(operation), place=more["mode"]))
        elif name in {"open", "mkdir", "mknod", "symlink"}:
            self._make(at, operation)
        elif name in {"rename", "link", "unlink"}:
            self._rename(at, operation)
        elif name == "xattr" or (name == "chown" and more.get("given", True)):
            raise ReplayError(f"{operation}: no picture shows owners and extended attributes")
        elif name not in {"chown", "utime"}:
            raise ReplayError(f"{operation}: such operations are not replayed")

    def _write(self, at: int, operation: Operation, contents: Sequence[bytes]) -> None:
        more = operation.more
        content = contents[more["data"]] if "data" in more else b""
        if len(content) != more["result"]:
            raise ReplayError(f"{operation}: of {more['result']} bytes {len(content)} were recorded")
        if content:
            inode, forced = self._inode(operation), bool(more.get("synced"))
            self._add(Change(at, "data", inode, place=more["offset"], content=content, forced=forced))

    def _allocate(self, at: int, operation: Operation) -> None:
        """Room alone is not seen; more length is, and so are zeros in the place of bytes."""
        how, start, length = (operation.more[name] for name in ("how", "offset", "length"))
        inode = self._inode(operation)
        if how & ~(_KEEP_SIZE | _PUNCH | _ZERO):
            raise ReplayError(f"{operation}: what such an allocation does to the bytes is not replayed")
        size = len(self._content_now(inode))
        end = min(size, start + length)
        if how & (_PUNCH | _ZERO) and end > start:
            self._add(Change(at, "data", inode, place=start, content=bytes(end - start)))
        if not how & _KEEP_SIZE and start + length > size:
            self._add(Change(at, "length", inode, place=start + length))

    def _content_now(self, inode: int) -> bytes:
        pieces = [
            number
            for number, change in enumerate(self.course.changes)
            if change.owner == inode and change.sort in {"data", "length"}
        ]
        return self.course.content(inode, tuple(pieces), {})

    def _attributes(self, at: int, operation: Operation, first: int) -> None:
        """Modes and times that the operation changed besides are in the course: times go with its first change."""
        times: dict[int, int] = {}
        for inode, (mode, when) in self._facts(operation):
            if self.course.entries[inode].kind != "link" and self._modes[inode] != mode:
                self._add(Change(at, "mode", inode, place=mode))
            if self._times[inode] != when:
                times[inode] = self._times[inode] = when
        made = self.course.changes[first:]
        if times and made and operation.name != "utime":
            self.course.changes[first] = replace_change(made[0], times=tuple(times.items()))
        elif times:
            owner = next(iter(times))
            self._add(Change(at, "time", owner, times=tuple(times.items())))

    def _facts(self, operation: Operation) -> Iterator[tuple[int, Sequence[int]]]:
        for path, facts in operation.more.get("seen", {}).items():
            inode = self._find(path)
            if inode is not None:
                yield inode, facts
        number = self._by_number.get(operation.more.get("inode", -1))
        if number is not None and "own" in operation.more:
            yield number, operation.more["own"]

    def _make(self, at: int, operation: Operation) -> None:
        name, more, path = operation.name, operation.more, operation.paths[-1]
        if path is None:
            return
        if more.get("nameless"):
            self._by_number[more["inode"]] = self._new(Entry("file", more["mode"], NO_TIME, digest=_EMPTY))
            return
        found = self._find(path)
        if name == "open" and found is not None:
            self._by_number[more["inode"]] = found
            if more.get("emptied"):
                self._add(Change(at, "length", found))
            return
        folder, last = self._above(path)
        if name == "open":
            inode = self._new(Entry("file", more["mode"], NO_TIME, digest=_EMPTY))
            self._by_number[more["inode"]] = inode
        elif name == "mkdir":
            inode = self._new(Entry("dir", more["mode"], NO_TIME))
        elif name == "symlink":
            inode = self._new(Entry("link", 0o777, NO_TIME, target=more["target"]))
        elif more.get("kind") in _KINDS:
            kind = _KINDS[more["kind"]]
            inode = self._new(Entry(kind, more["mode"], NO_TIME, digest=_EMPTY if kind == "file" else ""))
        else:
            raise ReplayError(f"{operation}: what is made there cannot be laid out")
        self._add(Change(at, "name", folder, (Move(folder, last, inode),)))

    def _rename(self, at: int, operation: Operation) -> None:
        name, paths, more = operation.name, operation.paths, operation.more
        for path, number in zip(paths, more.get("inodes", ()), strict=False):
            if path is not None and (there := self._find(path)) is not None:
                self._by_number[number] = there
        inode = self._find(str(paths[0])) if paths[0] is not None else None
        if inode is None and name == "link":
            inode = self._by_number.get(more.get("inode", -1))
        if paths[-1] is None or (paths[0] is None and inode is None):
            raise ReplayError(f"{operation}: it crosses the border of the home")
        if inode is None:
            raise ReplayError(f"{operation}: nothing is known of {paths[0]}")
        if more.get("leaves_device"):
            raise ReplayError(f"{operation}: it leaves a device")
        folder, last = self._above(paths[-1])
        moves = [Move(folder, last, None if name == "unlink" else inode)]
        if name == "rename":
            other = self._find(paths[-1])
            if other == inode:
                return  # two names of one file: both stay
            moves.insert(0, Move(*self._above(str(paths[0])), other if more.get("exchange") else None))
        self._add(Change(at, "name", folder, tuple(moves)))


def course_of(start: Home, operations: Iterable[Operation], contents: Sequence[bytes]) -> Course:
    """Returns what recorded operations did to a home, change by change.

    Raises:
        ReplayError: one of them cannot be replayed.
    """
    reader = _Reader(start)
    for at, operation in enumerate(operations):
        reader.read(at, operation, contents)
    return reader.course


def unlike(course: Course, pictures: Mapping[int, Home]) -> Iterator[tuple[int, str]]:
    """Yields operation, path and what is not the same wherever the replay differs from a picture of the same run: it should nowhere.

    Times count where they were recorded.  What SQLite writes through a memory mapping (``-shm``) is not recorded, and
    rebuilt by SQLite in any case; what others write so is told here.
    """
    timed = any(change.times for change in course.changes)
    for at, picture in sorted(pictures.items()):
        kept = [number for number, change in enumerate(course.changes) if change.at < at]
        for change in picture.changes_to(course.tree(kept, picture), times=timed):
            if not (change.path.endswith("-shm") and change.path[:-4] in picture.entries):
                yield at, f"{change.path}: {change.describe()}"
