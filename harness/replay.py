"""Recorded operations as *changes* of inodes and names, and the tree that any part of them leaves.

A crash may lose some changes and keep later ones, so each is told apart: a name in a folder, a piece of a file, an
attribute.  A change of names knows the inodes and not the paths: it means the same whatever else is lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from msgspec.structs import replace

from harness.fault import Operation
from harness.home import Blobs, Entry, Home, digest_of

Sort = Literal["name", "data", "length", "mode"]
BLANK = -1  # in place of how many bytes arrived: the length did, and no byte
_ROOT, _EMPTY = 0, digest_of(b"")
_REMEMBERED = 64  # contents of files put together, some hundred KB each
_WRITING = frozenset({"write", "pwrite", "writev", "pwritev", "sendfile", "copy", "splice"})


class ReplayError(ValueError):
    """What was recorded cannot be replayed; the message names the operation and the reason."""


@dataclass(frozen=True, slots=True)
class Move:
    """A name in a folder comes to mean an inode, or nothing."""

    folder: int
    name: str
    inode: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """What operation `at` did to one inode: `owner` is the inode that must be forced for it to last.

    A ``name`` change moves names, all at once; ``data`` puts `content` at `place`; ``length`` makes the file `place`
    bytes long; ``mode`` sets the permission bits to `place`.
    """

    at: int
    sort: Sort
    owner: int
    moves: tuple[Move, ...] = ()
    place: int = 0
    content: bytes = b""
    forced: bool = False  # lasts at once: the file was opened so


@dataclass(frozen=True, slots=True)
class Force:
    """At operation `at` everything of an inode was forced to the disk; of all inodes where that is None."""

    at: int
    inode: int | None


@dataclass(slots=True)
class Course:
    """A recorded run as changes, in order; `entries` are the inodes as they were made, `names` those at the start.

    `tried` has the inodes of operations that failed to force one.
    """

    start: Home
    changes: list[Change] = field(default_factory=list)
    forces: list[Force] = field(default_factory=list)
    entries: dict[int, Entry] = field(default_factory=dict)
    names: dict[int, dict[str, int]] = field(default_factory=dict)
    tried: dict[int, int] = field(default_factory=dict)
    _known: dict[tuple[int, ...], bytes] = field(default_factory=dict)

    def tree(self, kept: Collection[int], like: Home, torn: Mapping[int, int] | None = None) -> Home:
        """Returns the tree that the changes with these numbers leave; times come from a picture of that moment.

        `torn` tells how many bytes of a data change arrived, or that they are `BLANK`.
        """
        torn, blobs = torn or {}, Blobs(like.blobs)
        blobs.keep(b"")
        names = {folder: dict(found) for folder, found in self.names.items()}
        modes: dict[int, int] = {}
        data: dict[int, list[int]] = {}
        for number in sorted(kept):
            change = self.changes[number]
            if change.sort == "name":
                for move in change.moves:
                    if move.inode is None:
                        names[move.folder].pop(move.name, None)
                    else:
                        names[move.folder][move.name] = move.inode
            elif change.sort == "mode":
                modes[change.owner] = change.place
            else:
                data.setdefault(change.owner, []).append(number)
        entries: dict[str, Entry] = {}
        first: dict[int, str] = {}  # of the names of a file
        for path, inode in sorted(_walk(names)):
            entry = self.entries[inode]
            if entry.kind == "file" and first.setdefault(inode, path) != path:
                entries[path] = replace(entries[first[inode]], target=first[inode])
                continue
            if entry.kind == "file" and inode in data:
                content = self._content(inode, tuple(data[inode]), torn)
                entry = replace(entry, size=len(content), digest=blobs.keep(content))
            seen = like.entries.get(path) or self.start.entries.get(path)
            when = seen.mtime_ns if seen else like.entries["."].mtime_ns
            entries[path] = replace(entry, mode=modes.get(inode, entry.mode), mtime_ns=when)
        return Home(self.start.root, entries, blobs)

    def _content(self, inode: int, numbers: tuple[int, ...], torn: Mapping[int, int]) -> bytes:
        key = (
            inode,
            *numbers,
            *(piece for number in numbers if number in torn for piece in (-2, torn[number])),
        )
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key] = self._put_together(inode, numbers, torn)
        return self._known[key]

    def _put_together(self, inode: int, numbers: tuple[int, ...], torn: Mapping[int, int]) -> bytes:
        entry = self.entries[inode]
        content = bytearray(self.start.blobs[entry.digest] if entry.size else b"")
        for number in numbers:
            change = self.changes[number]
            if change.sort == "length":
                content = content[: change.place].ljust(change.place, b"\0")
                continue
            arrived = torn.get(number, len(change.content))
            piece = bytes(len(change.content)) if arrived == BLANK else change.content[:arrived]
            content = content.ljust(change.place, b"\0")
            content[change.place : change.place + len(piece)] = piece
        return bytes(content)


def _walk(names: Mapping[int, Mapping[str, int]]) -> Iterator[tuple[str, int]]:
    """Yields path and inode of all that is reachable; a folder that is reachable twice is told once."""
    yield ".", _ROOT
    todo, seen = [("", _ROOT)], {_ROOT}
    while todo:
        prefix, folder = todo.pop()
        for name, inode in names[folder].items():
            yield prefix + name, inode
            if inode in names and inode not in seen:
                seen.add(inode)
                todo.append((f"{prefix}{name}/", inode))


class _Reader:
    """Goes through operations in order and keeps the tree as it is by then."""

    def __init__(self, start: Home) -> None:
        self.course = Course(start, entries={_ROOT: start.entries["."]}, names={_ROOT: {}})
        self._names: dict[int, dict[str, int]] = {_ROOT: {}}  # as they are now
        self._by_number: dict[int, int] = {}  # the kernel's inode numbers
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
        if entry.kind == "dir":
            self.course.names[inode], self._names[inode] = {}, {}
        return inode

    def _above(self, path: str) -> tuple[int, str]:
        folder, _, name = path.rpartition("/")
        found = self._find(folder) if folder else _ROOT
        if found is None or found not in self._names:
            raise ReplayError(f"{path}: nothing is known of the folder that it lies in")
        return found, name

    def _find(self, path: str) -> int | None:
        inode: int | None = _ROOT
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
        for move in change.moves:
            if move.inode is None:
                self._names[move.folder].pop(move.name, None)
            else:
                self._names[move.folder][move.name] = move.inode

    def read(self, at: int, operation: Operation, contents: Sequence[bytes]) -> None:
        """The operation's changes are in the course."""
        name, more = operation.name, operation.more
        if name == "fsync" and more.get("result", 0) < 0:
            self.course.tried[at] = self._inode(operation)
        if more.get("result", -1) < 0 or name in {"chown", "xattr", "utime"}:
            return
        if name in {"sync", "syncfs"}:
            self.course.forces.append(Force(at, None))
        elif name == "fsync":
            self.course.forces.append(Force(at, self._inode(operation)))
        elif name in _WRITING:
            if "data" in more:
                content = contents[more["data"]]
                inode, forced = self._inode(operation), bool(more.get("synced"))
                self._add(Change(at, "data", inode, place=more["offset"], content=content, forced=forced))
        elif name == "truncate":
            self._add(Change(at, "length", self._inode(operation), place=more["length"]))
        elif name == "chmod":
            self._add(Change(at, "mode", self._inode(operation), place=more["mode"]))
        elif name in {"open", "mkdir", "symlink"}:
            self._make(at, operation)
        elif name in {"rename", "link", "unlink"}:
            self._rename(at, operation)
        else:
            raise ReplayError(f"{operation}: such operations are not replayed")

    def _make(self, at: int, operation: Operation) -> None:
        name, more, path = operation.name, operation.more, operation.paths[-1]
        if path is None:
            return
        found = self._find(path)
        if name == "open" and found is not None:
            self._by_number[more["inode"]] = found
            if more.get("emptied"):
                self._add(Change(at, "length", found))
            return
        folder, last = self._above(path)
        if name == "open":
            inode = self._new(Entry("file", more["mode"], digest=_EMPTY))
            self._by_number[more["inode"]] = inode
        elif name == "mkdir":
            inode = self._new(Entry("dir", more["mode"]))
        else:
            inode = self._new(Entry("link", 0o777, target=more["target"]))
        self._add(Change(at, "name", folder, (Move(folder, last, inode),)))

    def _rename(self, at: int, operation: Operation) -> None:
        name, paths = operation.name, operation.paths
        if None in paths:
            raise ReplayError(f"{operation}: it crosses the border of the home")
        source, target = str(paths[0]), str(paths[-1])
        inode = self._find(source)
        if inode is None:
            raise ReplayError(f"{operation}: nothing is known of {source}")
        folder, last = self._above(target)
        moves = [Move(folder, last, None if name == "unlink" else inode)]
        if name == "rename":
            other = self._find(target) if operation.more.get("exchange") else None
            moves.insert(0, Move(*self._above(source), other))
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

    What SQLite writes through a memory mapping (``-shm``) is not recorded, and rebuilt by SQLite in any case.
    """
    for at, picture in sorted(pictures.items()):
        kept = [number for number, change in enumerate(course.changes) if change.at < at]
        for change in picture.changes_to(course.tree(kept, picture)):
            if not change.path.endswith("-shm"):
                yield at, f"{change.path}: {change.describe()}"
