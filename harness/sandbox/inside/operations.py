"""Which calls of a program change files, and what one of them is about: an *operation* on a tree.

Python 3.9's copies go through sendfile, ``cp`` through copy_file_range, SQLite through pwrite64; what is written through
a memory mapping is not seen.
"""

from __future__ import annotations

import contextlib
import os
import stat
import struct
from typing import Any

from harness.sandbox.inside.tracing import Registers, memory, pieces, text

# Numbers of x86-64: arch/x86/entry/syscalls/syscall_64.tbl.  What each call is about: d a directory's descriptor, p a
# path in it, q a path in the current folder, f a descriptor that is changed; the rest is left out.
CALLS: dict[int, tuple[str, str]] = {
    1: ("write", "f"),
    18: ("pwrite", "f"),
    20: ("writev", "f"),
    296: ("pwritev", "f"),
    328: ("pwritev", "f"),
    40: ("sendfile", "f"),
    326: ("copy", "--f"),
    275: ("splice", "--f"),
    76: ("truncate", "q"),
    77: ("truncate", "f"),
    285: ("allocate", "f"),
    74: ("fsync", "f"),
    75: ("fsync", "f"),
    306: ("syncfs", "f"),
    162: ("sync", ""),
    82: ("rename", "qq"),
    264: ("rename", "dpdp"),
    316: ("rename", "dpdp"),
    86: ("link", "qq"),
    265: ("link", "dpdp"),
    88: ("symlink", "-q"),
    266: ("symlink", "-dp"),
    87: ("unlink", "q"),
    263: ("unlink", "dp"),
    84: ("unlink", "q"),
    83: ("mkdir", "q"),
    258: ("mkdir", "dp"),
    133: ("mknod", "q"),
    259: ("mknod", "dp"),
    90: ("chmod", "q"),
    91: ("chmod", "f"),
    268: ("chmod", "dp"),
    452: ("chmod", "dp"),
    92: ("chown", "q"),
    93: ("chown", "f"),
    94: ("chown", "q"),
    260: ("chown", "dp"),
    132: ("utime", "q"),
    235: ("utime", "q"),
    261: ("utime", "dp"),
    280: ("utime", "dp"),
    188: ("xattr", "q"),
    189: ("xattr", "q"),
    190: ("xattr", "f"),
    197: ("xattr", "q"),
    198: ("xattr", "q"),
    199: ("xattr", "f"),
    85: ("open", "q"),
    2: ("open", "q"),
    257: ("open", "dp"),
}
OPENING = {2: 1, 257: 2}  # counted only where they may make or empty a file
MAKING = os.O_CREAT | os.O_TRUNC
_BY_FLAGS = frozenset(OPENING)
ALWAYS = frozenset(CALLS) - _BY_FLAGS
_HERE = 0xFFFFFF9C  # AT_FDCWD, as 32 bits
_DATA = 64 << 20  # bytes of one write that are kept
_EXCHANGE = 2  # linux/fs.h


class Operation:
    """One call just before it runs: its name, the paths below the root that it is about, and its other words.

    ``row`` is what is told of it: name, paths, and for those that need it more by name.
    """

    def __init__(self, pid: int, regs: Registers, root: str) -> None:
        self.call = int(regs.orig_rax)
        self.name, places = CALLS[self.call]
        self._pid, self._arguments = pid, regs.arguments()
        self._root = root
        self.paths: list[str | None] = []
        self.fd = -1
        self.more: dict[str, Any] = {}
        folder = _HERE
        for place, value in zip(places, self._arguments, strict=False):
            if place == "f":
                self.fd = ctypes_int(value)
                self.paths.append(below(root, link(f"/proc/{pid}/fd/{self.fd}")))
            elif place == "d":
                folder = value & 0xFFFFFFFF
            elif place in "pq":
                self.paths.append(below(root, self._path(_HERE if place == "q" else folder, value)))

    @property
    def inside(self) -> bool:
        """Tells whether it is about the tree."""
        return self.name == "sync" or any(path is not None for path in self.paths)

    def _path(self, folder: int, address: int) -> str:
        given = text(self._pid, address) if address else ""
        base = f"/proc/{self._pid}/cwd" if folder == _HERE else f"/proc/{self._pid}/fd/{ctypes_int(folder)}"
        if not given:  # utimensat and others on a descriptor itself
            return link(base)
        whole = given if given.startswith("/") else f"{link(base)}/{given}"
        above, name = os.path.split(whole.rstrip("/") or "/")
        return os.path.normpath(whole) if name in {"", ".", ".."} else f"{os.path.realpath(above)}/{name}"

    def look(self) -> None:
        """What only the moment before the call shows is noted: where it writes, and what."""
        name, words = self.name, self._arguments
        if self.fd >= 0:
            with contextlib.suppress(OSError):
                self.more["inode"] = os.stat(f"/proc/{self._pid}/fd/{self.fd}").st_ino
        if name in {"write", "writev", "sendfile", "copy", "splice"}:
            self.more["offset"] = self._position()
            if (name == "copy" and words[3]) or (name == "splice" and words[3]):
                self.more["offset"] = struct.unpack("q", memory(self._pid, words[3], 8))[0]
        elif name in {"pwrite", "pwritev"}:
            self.more["offset"] = words[3]
        elif name == "truncate":
            self.more["length"] = words[1]
        elif name == "chmod":
            self.more["mode"] = words[2 if self.call in {268, 452} else 1] & 0o7777
        elif name == "open" and self.call in OPENING:
            self.more["emptied"] = bool(words[OPENING[self.call]] & os.O_TRUNC)
        elif name == "open":
            self.more["emptied"] = True
        elif name == "symlink":
            self.more["target"] = text(self._pid, words[0])
        elif name == "rename" and self.call == 316:
            self.more["exchange"] = bool(words[4] & _EXCHANGE)

    def _position(self) -> int:
        with open(f"/proc/{self._pid}/fdinfo/{self.fd}", encoding="ascii") as lines:
            said = dict(line.split(":", 1) for line in lines if ":" in line)
        flags = int(said["flags"], 8)
        self.more["synced"] = bool(flags & (os.O_SYNC | os.O_DSYNC))
        if flags & os.O_APPEND:
            return os.stat(f"/proc/{self._pid}/fd/{self.fd}").st_size
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
                self.more |= {
                    "inode": status.st_ino,
                    "mode": stat.S_IMODE(status.st_mode),
                    "size": status.st_size,
                }
        elif name in {"mkdir", "mknod"} and self.paths[-1] is not None:
            with contextlib.suppress(OSError):
                self.more["mode"] = stat.S_IMODE(os.lstat(f"{self._root}/{self.paths[-1]}").st_mode)
        if name in {"write", "pwrite"}:
            return memory(self._pid, words[1], min(result, _DATA))
        if name in {"writev", "pwritev"}:
            return pieces(self._pid, words[1], words[2])[:result]
        if name in {"sendfile", "copy", "splice"}:
            return self._written(self.more["offset"], result)
        return b""

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
