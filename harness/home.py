"""A *home* is an immutable picture of a user's directory tree.

Paths are relative to the home, with ``/`` and ``surrogateescape`` text; ``.`` is the home itself.  Contents
live in a content-addressed store that several pictures share, so that a picture taken before a step and one
taken after it cost only what the step changed.
"""

from __future__ import annotations

import functools
import hashlib
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import msgspec
from msgspec import structs

Kind = Literal["file", "dir", "link", "fifo", "socket", "other"]

_MAX_LINKS = 40  # Linux gives up with ELOOP after 40 links


class ContentNotHeldError(LookupError):
    """The picture knows the file's digest, but its bytes were too large to keep."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One path of a tree: permission bits, mtime in ns UTC, and what its kind needs."""

    kind: Kind
    mode: int
    mtime_ns: int = 0
    size: int = 0  # bytes; 0 for all but files
    digest: str = ""  # of a file's content, see `digest_of`
    target: str = ""  # of a link; of a file that has several names, the first of them, by which it is told

    def same_but_time(self, other: Entry | None) -> bool:
        """Tells whether both are the same in kind, mode, content and link target."""
        return other is not None and structs.replace(self, mtime_ns=0) == structs.replace(other, mtime_ns=0)


@dataclass(frozen=True, slots=True)
class Change:
    """A path that is not the same in two pictures; None stands for absent."""

    path: str
    before: Entry | None
    after: Entry | None

    def only_time(self) -> bool:
        """Tells whether the same thing is there, changed at another time."""
        return self.before is not None and self.before.same_but_time(self.after)

    def same_mode(self) -> bool:
        """Tells whether no permission changed: what appears or vanishes had none before, or has none now."""
        return self.before is None or self.after is None or self.before.mode == self.after.mode

    def describe(self) -> str:
        """Returns what changed, in words: appeared, vanished, or the attributes that differ."""
        if self.before is None:
            return f"{self.after.kind} appeared" if self.after else "nothing"
        if self.after is None:
            return f"{self.before.kind} vanished"
        fields = ("kind", "mode", "size", "digest", "target", "mtime_ns")
        differing = [name for name in fields if getattr(self.before, name) != getattr(self.after, name)]
        return "changed in " + ", ".join("content" if name == "digest" else name for name in differing)


def digest_of(content: bytes) -> str:
    """Returns the 128-bit blake2b digest of a content, as 32 hexadecimal digits."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


@functools.lru_cache(maxsize=8)
def digest_of_holes(size: int) -> str:
    """Returns the digest of so many zero bytes, as of a sparse file; it takes a second for a gibibyte."""
    hashing, block = hashlib.blake2b(digest_size=16), bytes(1 << 20)
    for left in range(size, 0, -len(block)):
        hashing.update(block[:left])
    return hashing.hexdigest()


class Blobs(dict[str, bytes]):
    """Contents by digest; only ever added to, so pictures may share one."""

    def keep(self, content: bytes) -> str:
        """Holds the content and returns its digest."""
        digest = digest_of(content)
        self.setdefault(digest, content)
        return digest


@dataclass(frozen=True)
class Home:
    """A tree at the absolute path `root`, as a value.  The `with_…` methods return a new picture."""

    root: str
    entries: Mapping[str, Entry]
    blobs: Blobs = field(default_factory=Blobs, compare=False, repr=False)

    @classmethod
    def empty(cls, root: str, *, mtime_ns: int = 0) -> Home:
        """Returns a home that holds nothing but itself."""
        return cls(root, {".": Entry("dir", 0o700, mtime_ns)})

    # -- reading ---------------------------------------------------------------------------------------
    def get(self, path: str) -> Entry | None:
        """Returns the entry at the path, or None; links are not followed."""
        return self.entries.get(path)

    def has_second_name(self, path: str) -> bool:
        """Tells whether a hard link leads to the file at the path."""
        return bool(self.entries[path].target) or any(
            entry.kind == "file" and entry.target == path for entry in self.entries.values()
        )

    def content(self, path: str) -> bytes:
        """Returns a file's bytes.

        Raises:
            KeyError: there is no file at the path.
            ContentNotHeldError: the file was too large to keep.
        """
        entry = self.entries[path]
        if entry.kind != "file":
            raise KeyError(path)
        try:
            return self.blobs[entry.digest]
        except KeyError:
            raise ContentNotHeldError(f"{path}: {entry.size} bytes were not kept") from None

    def children(self, path: str) -> list[str]:
        """Returns the names directly inside a directory, sorted."""
        prefix = "" if path == "." else path + "/"
        names = {name[len(prefix) :] for name in self.entries if name.startswith(prefix) and name != "."}
        return sorted(name for name in names if name and "/" not in name)

    def files_under(self, path: str) -> Iterator[str]:
        """Yields the paths of all files below a directory, sorted."""
        prefix = "" if path == "." else path + "/"
        for name in sorted(self.entries):
            if name.startswith(prefix) and self.entries[name].kind == "file":
                yield name

    def relative(self, absolute: str) -> str | None:
        """Returns an absolute path relative to the home, or None when it lies outside; text only."""
        clean = posixpath.normpath(absolute)
        if clean == self.root:
            return "."
        return clean[len(self.root) + 1 :] if clean.startswith(self.root + "/") else None

    def resolve(self, absolute: str) -> str:
        """Returns where an absolute path leads once the links inside this home are followed.

        What lies outside the home, or does not exist, is taken literally.  A loop ends the following.
        """
        todo = [part for part in absolute.split("/") if part not in {"", "."}][::-1]
        done: list[str] = []
        links = 0
        while todo:
            part = todo.pop()
            if part == "..":
                done[-1:] = []
                continue
            inside = self.relative("/" + "/".join([*done, part]))
            entry = None if inside is None else self.entries.get(inside)
            if entry is None or entry.kind != "link" or links >= _MAX_LINKS:
                done.append(part)
                continue
            links += 1
            if entry.target.startswith("/"):
                done = []
            todo.extend(piece for piece in reversed(entry.target.split("/")) if piece not in {"", "."})
        return "/" + "/".join(done)

    def lookup(self, absolute: str) -> Entry | None:
        """Returns the entry at an absolute path after following links, or None when not in this home."""
        inside = self.relative(self.resolve(absolute))
        return None if inside is None else self.entries.get(inside)

    # -- comparing -------------------------------------------------------------------------------------
    def changes_to(self, other: Home, *, times: bool = False) -> Iterator[Change]:
        """Yields every path that differs, sorted; mtimes count only with `times`."""
        for path in sorted(self.entries.keys() | other.entries.keys()):
            before, after = self.entries.get(path), other.entries.get(path)
            if before == after or (not times and before is not None and before.same_but_time(after)):
                continue
            yield Change(path, before, after)

    # -- building --------------------------------------------------------------------------------------
    def with_entry(self, path: str, entry: Entry) -> Home:
        """Returns the home with an entry set, and the missing directories above it made (mode 0755)."""
        entries = dict(self.entries)
        set_entry(entries, path, entry)
        return replace(self, entries=entries)

    def with_file(
        self, path: str, content: bytes, *, mode: int | None = None, mtime_ns: int | None = None
    ) -> Home:
        """Returns the home with a file set; mode and mtime default to those of the file it replaces."""
        old = self.entries.get(path)
        keep_mode = old.mode if old and old.kind == "file" else 0o644
        keep_time = old.mtime_ns if old else self.entries["."].mtime_ns
        entry = Entry(
            "file",
            keep_mode if mode is None else mode,
            keep_time if mtime_ns is None else mtime_ns,
            len(content),
            self.blobs.keep(content),
        )
        return (
            self.without(path).with_entry(path, entry)
            if old and old.kind != "file"
            else self.with_entry(path, entry)
        )

    def with_holes(self, path: str, size: int) -> Home:
        """Returns the home with a file of so many zero bytes set, which takes no room: its content is not held."""
        sparse = self.with_file(path, b"")
        return sparse.with_entry(
            path, structs.replace(sparse.entries[path], size=size, digest=digest_of_holes(size))
        )

    def with_link(self, path: str, target: str) -> Home:
        """Returns the home with a symbolic link set in place of whatever was there."""
        return self.without(path).with_entry(
            path, Entry("link", 0o777, self.entries["."].mtime_ns, target=target)
        )

    def with_kind(self, path: str, kind: Kind, *, mode: int = 0o600) -> Home:
        """Returns the home with a directory, FIFO or socket set in place of whatever was there."""
        return self.without(path).with_entry(path, Entry(kind, mode, self.entries["."].mtime_ns))

    def with_mode(self, path: str, mode: int) -> Home:
        """Returns the home with the permission bits of an entry changed."""
        return self.with_entry(path, structs.replace(self.entries[path], mode=mode))

    def without(self, path: str) -> Home:
        """Returns the home without the path and all that lies below it."""
        below = path + "/"
        kept = {
            name: entry for name, entry in self.entries.items() if name != path and not name.startswith(below)
        }
        return replace(self, entries=kept)

    def with_names_apart(self) -> Home:
        """Returns the home with files of their own where a change under one name left another name of the file as it was."""
        linked = {path: e for path, e in self.entries.items() if e.kind == "file" and e.target}
        apart = {path: e for path, e in linked.items() if not _same_file(self.entries.get(e.target), e)}
        if not apart:
            return self
        entries, heads = dict(self.entries), dict[Entry, str]()
        for path, entry in sorted(apart.items()):
            head = heads.setdefault(entry, path)
            entries[path] = structs.replace(entry, target="" if head == path else head)
        return replace(self, entries=entries)

    # -- as data ---------------------------------------------------------------------------------------
    def manifest(self) -> list[list[Any]]:
        """Returns the entries as JSON-able rows: path, kind, mode, mtime_ns, size, digest, target; sorted."""
        return [
            [path, e.kind, e.mode, e.mtime_ns, e.size, e.digest, e.target]
            for path, e in sorted(self.entries.items())
        ]

    @classmethod
    def from_manifest(cls, root: str, rows: Iterable[Iterable[Any]], blobs: Blobs) -> Home:
        """Returns the home that `manifest` described; its contents are looked up in `blobs`."""
        return cls(root, {path: Entry(*rest) for path, *rest in rows}, blobs)


def _same_file(first: Entry | None, other: Entry) -> bool:
    return first is not None and not first.target and first == structs.replace(other, target="")


def set_entry(entries: dict[str, Entry], path: str, entry: Entry) -> None:
    """Sets an entry in place and makes the directories above it (mode 0755, the home's own mtime)."""
    entries[path] = entry
    parent = path.rpartition("/")[0]
    while parent and parent not in entries:
        entries[parent] = Entry("dir", 0o755, entries["."].mtime_ns)
        parent = parent.rpartition("/")[0]
