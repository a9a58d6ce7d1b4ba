"""Lays out a home: exactly the tree of a manifest, in place of whatever an earlier case left."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Collection, Mapping
from typing import Any, Union

Row = list[Any]  # path, kind, mode, mtime_ns, size, digest, target: as `Home.manifest` has them
Content = Union[bytes, memoryview]  # noqa: UP007 - Python 3.9 evaluates this line
_NOT_PARTS = frozenset({"", ".", ".."})


class RefusedError(Exception):
    """A request cannot be met; the message says why.  The runner goes on."""


def place(root: str, path: str) -> str:
    """Returns the absolute path of a home's entry; refuses what would lead out of the home."""
    if path == ".":
        return root
    if "\0" in path or not _NOT_PARTS.isdisjoint(path.split("/")):
        raise RefusedError(f"{path!r} is not a path below a home")
    return f"{root}/{path}"


def write(path: str, content: Content, mode: int, mtime_ns: int | None = None) -> None:
    """The file holds the content and has the mode; a link at the path is refused, not followed."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        while content:
            content = content[os.write(fd, content) :]
        os.fchmod(fd, mode)
        if mtime_ns is not None:
            os.utime(fd, ns=(mtime_ns, mtime_ns))
    finally:
        os.close(fd)


def mounted_below(folders: Collection[str]) -> list[str]:
    """Returns what is mounted inside the folders: a part of the machine that is shown there, and not ours.

    Where the kernel does not tell, nothing is.
    """
    try:
        with open("/proc/self/mountinfo", "rb") as lines:
            points = [line.split()[4] for line in lines]
    except OSError:
        return []
    plain = [
        os.fsdecode(re.sub(rb"\\([0-7]{3})", lambda code: bytes([int(code[1], 8)]), at)) for at in points
    ]
    return [point for point in plain if any(point.startswith(folder + "/") for folder in folders)]


def ways(folder: str, mounts: Collection[str]) -> set[str]:
    """Returns the folders on the way from a folder down to what is mounted in it, neither end included."""
    found = set()
    for path in mounts:
        while path.startswith(folder + "/") and (path := os.path.dirname(path)) != folder:
            found.add(path)
    return found


def check_root(root: str, homes: str, mounts: Collection[str]) -> None:
    """Refuses a home that does not lie below `homes`, or lies where something is mounted."""
    if not root.startswith(homes + "/"):
        raise RefusedError(f"the home is for {root}; here homes lie below {homes}")
    place(homes, root[len(homes) + 1 :])
    if root in ways(homes, mounts) or any(f"{root}/".startswith(f"{shown}/") for shown in mounts):
        raise RefusedError(
            f"the home is for {root}, where a part of this machine is shown; name another user"
        )


def empty(folder: str, mounts: Collection[str] = ()) -> None:
    """The folder holds nothing but the mounts, whatever modes, names and depth its tree had.

    Each folder found is first moved to the top, so that no path grows beyond what the kernel takes.
    """
    stays = ways(folder, mounts)
    os.chmod(folder, 0o700)
    heap = f"{folder}/.emptied-{time.monotonic_ns()}"
    os.mkdir(heap, 0o700)
    todo, serial = [folder], 0
    while todo:
        here = todo.pop()
        with os.scandir(here) as found:
            entries = [entry for entry in found if entry.path != heap and entry.path not in mounts]
        for entry in entries:
            if entry.path in stays:
                os.chmod(entry.path, 0o755)  # noqa: S103 - as the sandbox made it
                todo.append(entry.path)
            elif entry.is_dir(follow_symlinks=False):
                serial += 1
                os.chmod(entry.path, 0o700)
                os.rename(entry.path, f"{heap}/{serial}")
                todo.append(f"{heap}/{serial}")
            else:
                os.unlink(entry.path)
        if here != folder and here not in stays:
            os.rmdir(here)
    os.rmdir(heap)


def check(root: str, rows: list[Row]) -> None:
    """Refuses a manifest that names a path outside the home, or below something that is no folder."""
    folders = {".", *(row[0] for row in rows if row[1] == "dir")}
    for path, kind, *_ in rows:
        place(root, path)
        if path != "." and (os.path.dirname(path) or ".") not in folders:
            raise RefusedError(f"{path!r} lies in something that is not a folder of the home")
        if kind not in {"file", "dir", "link", "fifo", "socket"}:
            raise RefusedError(f"{path!r}: a {kind!r} cannot be laid out")


def _is_second_name(rows: list[Row], path: str, first: str) -> bool:
    """Tells whether a file is still the same in all as the one whose second name it is, which is made before it."""
    facts = [row[1:6] for name in (path, first) for row in rows if row[0] == name]
    return first < path and len(facts) == 2 and facts[0] == facts[1]


def _given(root: str) -> int:
    """Returns the mode bits that a new file or folder below this new folder, made with 0755, surely keeps.

    Asked of the folder itself: a umask cannot be read without changing it, and access lists take bits away, too.
    """
    mode = stat.S_IMODE(os.stat(root).st_mode)
    return mode if mode & 0o755 == mode else 0


def _make(path: str, content: Content, size: int, mode: int, mtime_ns: int, *, given: int) -> None:
    """The new file holds the content, then holes up to the size, and has the mode; nobody sets what is given."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode & given)
    try:
        if size > len(content):
            os.ftruncate(fd, size)
        while content:
            content = content[os.write(fd, content) :]
        if mode & given != mode:
            os.fchmod(fd, mode)
        os.utime(fd, ns=(mtime_ns, mtime_ns))
    finally:
        os.close(fd)


def lay_out(root: str, rows: list[Row], contents: Mapping[str, Content]) -> None:
    """The folder `root`, which must be new, is as the checked manifest says, modes and mtimes included.

    A file that is larger than its content is sparse beyond it.
    """
    os.makedirs(root, 0o755)
    given = _given(root)
    ordered = sorted(rows, key=lambda row: "" if row[0] == "." else row[0])  # a folder before its entries
    for path, kind, mode, mtime_ns, size, digest, target in ordered:
        where = f"{root}/{path}"
        if kind == "file" and target and _is_second_name(rows, path, target):
            os.link(f"{root}/{target}", where)
        elif kind == "file":
            _make(where, contents[digest], size, mode, mtime_ns, given=given)
        elif kind == "link":
            os.symlink(target, where)
            os.utime(where, ns=(mtime_ns, mtime_ns), follow_symlinks=False)
        elif kind != "dir":
            os.mknod(where, stat.S_IFIFO if kind == "fifo" else stat.S_IFSOCK)
            os.chmod(where, mode)
            os.utime(where, ns=(mtime_ns, mtime_ns))
        elif path != ".":
            os.mkdir(where, mode if _fillable(mode, given) else 0o700)
    # folders last: what is put in changes their mtime
    for path, kind, mode, mtime_ns, *_ in reversed(ordered):
        if kind == "dir":
            where = root if path == "." else f"{root}/{path}"
            if path == "." or not _fillable(mode, given):
                os.chmod(where, mode)
            os.utime(where, ns=(mtime_ns, mtime_ns))


def _fillable(mode: int, given: int) -> bool:
    """Tells whether a new folder has this mode without its being set, and can be filled with it."""
    return mode & given == mode and mode & 0o700 == 0o700
