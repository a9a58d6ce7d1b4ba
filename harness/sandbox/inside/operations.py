"""What one call of a program that changes files is about: an *operation* on a tree."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import struct
from typing import Any

from harness.sandbox.inside.calls import (
    CALLS,
    MAKING,
    NAMELESS,
    OPEN_BY_STRUCT,
    OPENING,
    WRITING,
    follows,
)
from harness.sandbox.inside.tracing import Registers, memory, pieces, text

_HERE = 0xFFFFFF9C  # AT_FDCWD, as 32 bits
_DATA = 64 << 20  # bytes of one write that are kept
_AS_IT_STANDS = (1 << 64) - 1  # the offset of a pwritev2 that writes where the file is at
_APPEND, _FORCED = 0x10, 0x2 | 0x4  # linux/fs.h: RWF_APPEND; RWF_DSYNC and RWF_SYNC
_EXCHANGE, _WHITEOUT = 2, 4  # linux/fs.h
_OWN_FILES = re.compile(r"/proc/(?:self|thread-self)(?=/)|/dev/(?=fd/)")
_PWRITEV2, _FALLOCATE, _FDATASYNC, _RENAMEAT2 = 328, 285, 75, 316


class Operation:
    """One call just before it runs: its name, the paths below the root that it is about, and its other words.

    ``row`` is what is told of it: name, paths, and for those that need it more by name.
    """

    def __init__(self, pid: int, regs: Registers, root: str) -> None:
        self.call = int(regs.orig_rax)
        self.name, places = CALLS[self.call]
        self._pid, self._arguments = pid, regs.arguments()
        self._root = root
        self.flags = self._flags()
        self.paths: list[str | None] = []
        self.fd = -1
        self.more: dict[str, Any] = {}
        folder, following = _HERE, follows(self.call, self._arguments, self.flags)
        for place, value in zip(places, self._arguments):  # noqa: B905 - Python 3.9 has no strict
            if place == "f":
                self.fd = ctypes_int(value)
                self.paths.append(below(root, link(f"/proc/{pid}/fd/{self.fd}")))
            elif place == "d":
                folder = value & 0xFFFFFFFF
            elif place in "pq":
                path = self._path(_HERE if place == "q" else folder, value)
                self.paths.append(below(root, self._resolved(path) if following else path))
                following = False

    @property
    def inside(self) -> bool:
        """Tells whether it is about the tree, and may change it."""
        if self.call == OPEN_BY_STRUCT and not self.flags & MAKING:
            return False
        return self.name == "sync" or any(path is not None for path in self.paths)

    def _flags(self) -> int:
        """Returns the flags of an open."""
        if self.call in OPENING:
            return self._arguments[OPENING[self.call]]
        if self.call == OPEN_BY_STRUCT:
            return int.from_bytes(memory(self._pid, self._arguments[2], 8), "little")
        return os.O_CREAT | os.O_TRUNC if self.name == "open" else 0

    def _path(self, folder: int, address: int) -> str:
        given = text(self._pid, address) if address else ""
        base = f"/proc/{self._pid}/cwd" if folder == _HERE else f"/proc/{self._pid}/fd/{ctypes_int(folder)}"
        if not given:  # utimensat and others on a descriptor itself
            self.fd = -1 if folder == _HERE else ctypes_int(folder)
            return link(base)
        given = _OWN_FILES.sub(f"/proc/{self._pid}/", given, count=1).replace("//", "/")
        whole = given if given.startswith("/") else f"{link(base)}/{given}"
        above, name = os.path.split(whole.rstrip("/") or "/")
        return os.path.normpath(whole) if name in {"", ".", ".."} else f"{os.path.realpath(above)}/{name}"

    def _resolved(self, path: str) -> str:
        """Returns where the path leads; one that leads to a file by a descriptor's number may lead to one without a name."""
        if path.startswith(f"/proc/{self._pid}/fd/"):
            with contextlib.suppress(ValueError):
                self.fd = int(path.rpartition("/")[2])
            return link(path)
        return os.path.realpath(path)

    def look(self) -> None:
        """What only the moment before the call shows is noted: where it writes, and what."""
        name, words = self.name, self._arguments
        if self.fd >= 0:
            with contextlib.suppress(OSError):
                status = os.stat(f"/proc/{self._pid}/fd/{self.fd}")
                self.more["inode"] = status.st_ino
        if name in {"rename", "unlink"}:
            self.more["inodes"] = [self._number(path) for path in self.paths]
        if name in WRITING:
            self.more["offset"] = self._offset()
        elif name == "truncate":
            self.more["length"] = words[1]
        elif name == "allocate":
            self.more |= {"how": words[1], "offset": words[2], "length": words[3]}
        elif name == "fsync":
            self.more["data_alone"] = self.call == _FDATASYNC
        elif name == "chmod":
            self.more["mode"] = words[2 if self.call in {268, 452} else 1] & 0o7777
        elif name == "chown":
            self.more["owner"] = self._owner()
        elif name == "open":
            self.more["emptied"] = bool(self.flags & os.O_TRUNC)
            self.more["nameless"] = bool(self.flags & NAMELESS)
        elif name == "symlink":
            self.more["target"] = text(self._pid, words[0])
        elif name == "rename" and self.call == _RENAMEAT2:
            self.more["exchange"], self.more["leaves_device"] = (
                words[4] & _EXCHANGE != 0,
                words[4] & _WHITEOUT != 0,
            )

    def _number(self, path: str | None) -> int:
        """Returns the inode number of a path of the tree; -1 for none.  Who has it open may write there without the name."""
        with contextlib.suppress(OSError):
            return os.lstat(f"{self._root}/{path}").st_ino if path is not None else -1
        return -1

    def _owner(self) -> list[int]:
        """Returns whose it is: user and group."""
        with contextlib.suppress(OSError):
            status = (
                os.stat(f"/proc/{self._pid}/fd/{self.fd}")
                if self.fd >= 0
                else os.lstat(f"{self._root}/{self.paths[-1]}")
            )
            return [status.st_uid, status.st_gid]
        return []

    def _offset(self) -> int:
        """Returns where a call writes; that the file was opened to be forced is noted."""
        words, name = self._arguments, self.name
        with open(f"/proc/{self._pid}/fdinfo/{self.fd}", encoding="ascii") as lines:
            said = dict(line.split(":", 1) for line in lines if ":" in line)
        flags, more = int(said["flags"], 8), words[5] if self.call == _PWRITEV2 else 0
        self.more["synced"] = bool(flags & (os.O_SYNC | os.O_DSYNC) or more & _FORCED)
        if flags & os.O_APPEND or more & _APPEND:  # wherever a pwrite asks for
            return os.stat(f"/proc/{self._pid}/fd/{self.fd}").st_size
        if name in {"copy", "splice"} and words[3]:
            return int(struct.unpack("q", memory(self._pid, words[3], 8))[0])
        if name in {"pwrite", "pwritev"} and words[3] != _AS_IT_STANDS:
            return words[3]
        return int(said["pos"])

    def after(self, result: int) -> bytes:
        """Returns the bytes it wrote; what else only its end shows is noted."""
        self.more["result"] = result
        if result < 0:
            return b""
        name, words = self.name, self._arguments
        if name == "open":
            with contextlib.suppress(OSError):
                status = os.stat(f"/proc/{self._pid}/fd/{result}")
                mode = stat.S_IMODE(status.st_mode)
                self.more |= {"inode": status.st_ino, "mode": mode, "size": status.st_size}
        elif name in {"mkdir", "mknod"} and self.paths[-1] is not None:
            with contextlib.suppress(OSError):
                status = os.lstat(f"{self._root}/{self.paths[-1]}")
                self.more |= {"mode": stat.S_IMODE(status.st_mode), "kind": stat.S_IFMT(status.st_mode)}
        elif name == "chown":
            self.more["given"] = self._owner() != self.more["owner"]
        if name in {"write", "pwrite"}:
            return memory(self._pid, words[1], min(result, _DATA))
        if name in {"writev", "pwritev"}:
            return pieces(self._pid, words[1], words[2])[:result]
        if name in {"sendfile", "copy", "splice"}:
            return self._written(self.more["offset"], result)
        return b""

    def leave(self) -> None:
        """Noted is what its end shows of modes and times (ns): of its paths, of the folders that they lie in, of an open file."""
        seen: dict[str, list[int]] = {}
        for path in filter(None, self.paths):
            for one in (path, os.path.dirname(path) or "."):
                with contextlib.suppress(OSError):
                    seen[one] = _facts(os.lstat(f"{self._root}/{one}"))
        self.more["seen"] = seen
        fd = self.more["result"] if self.name == "open" else self.fd
        with contextlib.suppress(OSError):
            self.more["own"] = _facts(os.stat(f"/proc/{self._pid}/fd/{fd}"))  # whatever name it has left

    def _written(self, offset: int, length: int) -> bytes:
        """Returns what lies in the file now: the data was never in the program's memory."""
        try:
            fd = os.open(f"/proc/{self._pid}/fd/{self.fd}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return b""
        try:
            return os.pread(fd, min(length, _DATA), offset)
        finally:
            os.close(fd)

    def row(self) -> list[Any]:
        """Returns it as JSON can hold it: name, paths, more."""
        return [self.name, self.paths, self.more]


def _facts(status: os.stat_result) -> list[int]:
    return [stat.S_IMODE(status.st_mode), status.st_mtime_ns]


def ctypes_int(value: int) -> int:
    """Returns the 32-bit signed number in a register."""
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value >> 31 else value


def link(path: str) -> str:
    """Returns where a link of /proc leads, or nothing."""
    try:
        return os.readlink(path)
    except OSError:
        return ""


def below(root: str, path: str) -> str | None:
    """Returns the path relative to the root; None outside it.  A removed file keeps its last name, marked by the kernel."""
    if path == root:
        return "."
    return path[len(root) + 1 :] if path.startswith(root + "/") else None
