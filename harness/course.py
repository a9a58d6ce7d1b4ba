"""A *course* is a recorded run as *changes* of inodes and names; any part of them leaves a tree.

A crash may lose some changes and keep later ones, so each is told apart: a name in a folder, a piece of a file, an
attribute.  A change of names knows the inodes and not the paths: it means the same whatever else is lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from msgspec.structs import replace

from harness.home import Blobs, Entry, Home

Sort = Literal["name", "data", "length", "mode", "time"]
BLANK = -1  # in place of how many bytes arrived: the length did, and no byte
ROOT = 0
_REMEMBERED = 64  # contents of files put together, some hundred KB each
NO_TIME = -(1 << 63)  # of an inode that is made in the run


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
    bytes long; ``mode`` sets the permission bits to `place`; a ``time`` change sets times alone.  `times` are inodes and
    the modification times (ns) that the change gave them.
    """

    at: int
    sort: Sort
    owner: int
    moves: tuple[Move, ...] = ()
    place: int = 0
    content: bytes = b""
    forced: bool = False  # lasts at once: the file was opened so
    times: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Force:
    """At operation `at` everything of an inode was forced to the disk; of all inodes where that is None.

    With `data_alone` its mode and times were not.
    """

    at: int
    inode: int | None
    data_alone: bool = False


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
        """Returns the tree that the changes with these numbers leave; a time that was not recorded is that of a picture of that moment.

        `torn` tells how many bytes of a data change arrived, or that they are `BLANK`.
        """
        torn, blobs = torn or {}, Blobs(like.blobs)
        blobs.keep(b"")
        names = {folder: dict(found) for folder, found in self.names.items()}
        modes: dict[int, int] = {}
        times: dict[int, int] = {}
        data: dict[int, list[int]] = {}
        for number in sorted(kept):
            change = self.changes[number]
            times.update(change.times)
            if change.sort == "name":
                for move in change.moves:
                    if move.inode is None:
                        names[move.folder].pop(move.name, None)
                    else:
                        names[move.folder][move.name] = move.inode
            elif change.sort == "mode":
                modes[change.owner] = change.place
            elif change.sort != "time":
                data.setdefault(change.owner, []).append(number)
        entries: dict[str, Entry] = {}
        first: dict[int, str] = {}  # of the names of a file
        for path, inode in sorted(_walk(names)):
            entry = self.entries[inode]
            if entry.kind == "file" and first.setdefault(inode, path) != path:
                entries[path] = replace(entries[first[inode]], target=first[inode])
                continue
            if entry.kind == "file" and inode in data:
                content = self.content(inode, tuple(data[inode]), torn)
                entry = replace(entry, size=len(content), digest=blobs.keep(content))
            when = times.get(inode, entry.mtime_ns)
            if when == NO_TIME:
                when = (like.entries.get(path) or like.entries["."]).mtime_ns
            entries[path] = replace(entry, mode=modes.get(inode, entry.mode), mtime_ns=when)
        return Home(self.start.root, entries, blobs)

    def content(self, inode: int, numbers: tuple[int, ...], torn: Mapping[int, int]) -> bytes:
        """Returns the bytes of a file once these changes of it, and no others, are made."""
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
        if entry.size and entry.digest not in self.start.blobs:
            raise ReplayError(f"a file of {entry.size} bytes was changed whose content is not held")
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
    yield ".", ROOT
    todo, seen = [("", ROOT)], {ROOT}
    while todo:
        prefix, folder = todo.pop()
        for name, inode in names[folder].items():
            yield prefix + name, inode
            if inode in names and inode not in seen:
                seen.add(inode)
                todo.append((f"{prefix}{name}/", inode))
