"""Shuts a process in with Landlock (Linux 6.2): what it starts writes in one folder only.

Outside, nothing can be made, written, renamed or removed; from Linux 6.7 TCP is shut off too.  Reading
is free, and so are modes, owners and times of files, which Landlock does not cover.
"""

from __future__ import annotations

import ctypes
import os
import struct

# linux/landlock.h; the numbers of the system calls are those of every architecture
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF, _ASK_VERSION, _PATH_BENEATH = 444, 445, 446, 1, 1
_WRITE, _TRUNCATE = 1 << 1, 1 << 14
_CHANGE = _WRITE | _TRUNCATE | sum(1 << bit for bit in range(4, 14))  # make, remove, rename across folders
_NEEDED, _TCP_SINCE = 3, 4  # versions of the interface: with truncation, with TCP
_FREE = {"/dev/shm": _CHANGE, "/proc": _WRITE}  # noqa: S108 - where semaphores are made
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty")

_libc = ctypes.CDLL(None, use_errno=True)


def available() -> bool:
    """Tells whether this kernel can fence in all kinds of writing."""
    return _version() >= _NEEDED


def shut_in(folder: str) -> None:
    """This process, and whatever it starts, writes in the folder only; it must have no_new_privs.

    Raises:
        OSError: the kernel refuses.
    """
    tcp = _version() >= _TCP_SINCE
    attributes = struct.pack("QQ", _CHANGE, 3) if tcp else struct.pack("Q", _CHANGE)  # 3: bind and connect
    ruleset = _call(_CREATE_RULESET, attributes, len(attributes), 0)
    allowed = {folder: _CHANGE, **_FREE, **dict.fromkeys(_DEVICES, _WRITE | _TRUNCATE)}
    for path, access in allowed.items():
        if os.path.exists(path):
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
            _call(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", access, fd), 0)
            os.close(fd)
    _call(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _version() -> int:
    return int(_libc.syscall(_CREATE_RULESET, None, ctypes.c_long(0), _ASK_VERSION))


def _call(number: int, *arguments: int | bytes) -> int:
    typed = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result = int(_libc.syscall(number, *typed))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock: {os.strerror(code)}")
    return result
