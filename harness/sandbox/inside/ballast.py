"""Ballast: takes up room, or files, of the memory file system of the homes until only so much is left.

It is really full then: what a program meets is the kernel's own answer, in the places where the kernel gives it.
Room is taken by a file without a name, files by further names of one file, which such a file system counts as files.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator, Mapping

from harness.sandbox.inside.tree import RefusedError

_MOST_BYTES, _MOST_FILES = 1 << 30, 1 << 16  # with more, filling it up would take too long
_KIB = 1 << 10


def sorts(folder: str) -> list[str]:
    """Returns what can be taken up here: ``disk`` and ``inodes``, where the folder is a small memory file system of its own."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as lines:
            rows = [line.split(" - ") for line in lines]
    except OSError:
        return []
    kinds = [row[-1].split()[0] for row in rows if row[0].split()[4] == folder]
    if kinds[-1:] != ["tmpfs"]:
        return []
    about = os.statvfs(folder)
    found = ["disk"] if 0 < about.f_blocks * about.f_frsize <= _MOST_BYTES else []
    return [*found, "inodes"] if 0 < about.f_files <= _MOST_FILES else found


def free(folder: str, sort: str) -> int:
    """Returns how much is free: KiB of ``disk``, or a number of ``inodes``."""
    about = os.statvfs(folder)
    return about.f_ffree if sort == "inodes" else about.f_bfree * about.f_frsize // _KIB


def fill(folder: str, left: int) -> int:
    """Returns a descriptor; until it is closed, no more than `left` KiB are free in the file system of the folder.

    Raises:
        RefusedError: it is not one that may be filled up.
    """
    _check(folder, {"disk"})
    spare = free(folder, "disk") - left
    fd = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        if spare > 0:
            os.posix_fallocate(fd, 0, spare * _KIB)
    except OSError:
        os.close(fd)
        raise
    return fd


def _check(folder: str, wanted: Collection[str]) -> None:
    missing = sorted(set(wanted) - set(sorts(folder)))
    if missing:
        raise RefusedError(
            f"{folder} is no memory file system with a limit of its own ({', '.join(missing)})"
        )


@contextlib.contextmanager
def ballast(folder: str, left: Mapping[str, int]) -> Iterator[None]:
    """Within, no more of each sort is free in the file system of the folder; afterwards all of it is again.

    Raises:
        RefusedError: it is no file system in which this can be had.
    """
    if left:
        _check(folder, left)
    with contextlib.ExitStack() as taken:
        if "inodes" in left:
            taken.enter_context(_names(folder, left["inodes"]))
        if "disk" in left:
            taken.callback(os.close, fill(folder, left["disk"]))
        yield


@contextlib.contextmanager
def _names(folder: str, left: int) -> Iterator[None]:
    """Within, no more than so many files can be made in the file system."""
    heap = f"{folder}/.ballast"
    names = max(0, free(folder, "inodes") - left - 1)  # one is the heap itself
    os.mkdir(heap, 0o700)
    made = 0
    try:
        for made in range(names):
            if made:
                os.link(f"{heap}/0", f"{heap}/{made}")
            else:
                os.close(os.open(f"{heap}/0", os.O_CREAT | os.O_WRONLY, 0o600))
        yield
    finally:
        for number in range(min(names, made + 1)):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{heap}/{number}")
        os.rmdir(heap)
