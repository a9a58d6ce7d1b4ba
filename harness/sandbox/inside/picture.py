"""Observes a home without disturbing it."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from typing import Any

from harness.sandbox.inside.tree import Row

KEPT_FILE = 64 << 20  # larger files are digested and not handed back
KEPT_ALL = 256 << 20  # bytes one picture may carry; the files beyond that are digested only
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

_Level = tuple[str, int, Any, int]  # path and "/", descriptor, the entries still to see, mode


class Picture:
    """The rows of a tree, and the contents that the host does not hold yet.

    Nothing is followed, no FIFO is opened; no byte, mode or mtime changes.  What its owner may not read gets
    the missing permission for the moment of reading and loses it again: the digest must be known, and all
    that remains of it is a ctime.  Every content is read: on a tmpfs a write through mmap can leave size,
    mtime and ctime as they were (a page that was read first is writable without a fault), so no file can be
    skipped as unchanged.
    """

    def __init__(self, root: str, told: set[str]) -> None:
        self.rows: list[Row] = []
        self.blobs: list[tuple[str, bytes]] = []  # digest and content
        self._told, self._room, self._noatime = told, KEPT_ALL, os.O_NOATIME
        self._names: dict[tuple[int, int], list[Row]] = {}  # of files with more than one, by device and inode
        above = os.open(os.path.dirname(root), _READ | os.O_DIRECTORY)
        try:
            self._walk(os.path.basename(root), above)
        finally:
            os.close(above)
        for rows in self._names.values():
            first, *others = sorted(rows, key=lambda row: row[0])
            for row in others:
                row[-1] = first[0]

    def _walk(self, name: str, above: int) -> None:
        # Descriptors, not paths: a hostile tree may be deeper than a path is long, or than Python recurses.
        opened = [self._enter(".", name, above, os.stat(name, dir_fd=above, follow_symlinks=False))]
        try:
            while opened:
                prefix, fd, entries, _ = opened[-1]
                for entry in entries:
                    try:
                        status = entry.stat(follow_symlinks=False)
                        if stat.S_ISDIR(status.st_mode):
                            opened.append(self._enter(prefix + entry.name, entry.name, fd, status))
                            break
                        self._leaf(prefix + entry.name, entry.name, fd, status)
                    except FileNotFoundError:
                        continue  # removed by a process that is held
                else:
                    _leave(opened.pop())
        finally:
            for level in reversed(opened):
                _leave(level)

    def _enter(self, path: str, name: str, above: int, status: os.stat_result) -> _Level:
        mode = stat.S_IMODE(status.st_mode)
        if mode & 0o500 != 0o500:
            os.chmod(name, mode | 0o500, dir_fd=above)
        fd = os.open(name, _READ | os.O_DIRECTORY, dir_fd=above)
        self.rows.append([path, "dir", mode, status.st_mtime_ns, 0, "", ""])
        return "" if path == "." else path + "/", fd, os.scandir(fd), mode

    def _leaf(self, path: str, name: str, above: int, status: os.stat_result) -> None:
        mode, kind, target, size, digest = stat.S_IMODE(status.st_mode), "other", "", 0, ""
        if stat.S_ISREG(status.st_mode):
            kind = "file"
            size, digest = self._content(name, above, mode, status.st_size)
        elif stat.S_ISLNK(status.st_mode):
            kind, target = "link", os.readlink(name, dir_fd=above)
        elif stat.S_ISFIFO(status.st_mode):
            kind = "fifo"
        elif stat.S_ISSOCK(status.st_mode):
            kind = "socket"
        row = [path, kind, mode, status.st_mtime_ns, size, digest, target]
        self.rows.append(row)
        if kind == "file" and status.st_nlink > 1:
            self._names.setdefault((status.st_dev, status.st_ino), []).append(row)

    def _content(self, name: str, above: int, mode: int, size: int) -> tuple[int, str]:
        fd = self._open(name, above, mode)
        try:
            if size > KEPT_FILE:
                return _digest_only(fd)
            content = os.read(fd, size + 1)
            while len(content) > size and (more := os.read(fd, 1 << 20)):  # grew since it was listed
                content += more
        finally:
            os.close(fd)
        digest = hashlib.blake2b(content, digest_size=16).hexdigest()
        if digest not in self._told and len(content) <= self._room:
            self._told.add(digest)
            self._room -= len(content)
            self.blobs.append((digest, content))
        return len(content), digest

    def _open(self, name: str, above: int, mode: int) -> int:
        try:
            return os.open(name, _READ | self._noatime, dir_fd=above)
        except PermissionError as error:
            if error.errno == errno.EPERM and self._noatime:  # someone else's file: O_NOATIME is for owners
                self._noatime = 0
                return self._open(name, above, mode)
        os.chmod(name, mode | 0o400, dir_fd=above)
        try:
            return os.open(name, _READ | self._noatime, dir_fd=above)
        finally:
            os.chmod(name, mode, dir_fd=above)


def _leave(level: _Level) -> None:
    _, fd, entries, mode = level
    entries.close()
    if mode & 0o500 != 0o500:
        os.fchmod(fd, mode)
    os.close(fd)


def _digest_only(fd: int) -> tuple[int, str]:
    hashing, length = hashlib.blake2b(digest_size=16), 0
    while chunk := os.read(fd, 1 << 20):
        hashing.update(chunk)
        length += len(chunk)
    return length, hashing.hexdigest()
