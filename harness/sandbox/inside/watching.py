"""Tells when a tree first changes: the kernel's notices (inotify) from every folder that is there at the start."""

from __future__ import annotations

import contextlib
import ctypes
import os

_CREATED, _DELETED, _MODIFIED, _ATTRIBUTES, _MOVED = 0x100, 0x200, 0x2, 0x4, 0xC0  # linux/inotify.h
_CHANGE = _CREATED | _DELETED | _MODIFIED | _ATTRIBUTES | _MOVED
_ONLY_FOLDERS, _NO_LINKS = 0x1000000, 0x2000000

_libc = ctypes.CDLL(None, use_errno=True)


class Watch:
    """A descriptor that becomes readable as soon as anything in the tree changes.

    A write through a memory mapping goes unnoticed, and so does what happens in a folder that cannot be read;
    reading never counts.
    """

    def __init__(self, folder: str) -> None:
        """The tree is watched.

        Raises:
            OSError: the kernel has no room for it.
        """
        self.fd = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "the tree cannot be watched")
        mask = ctypes.c_uint32(_CHANGE | _ONLY_FOLDERS | _NO_LINKS)
        for path, _, _ in os.walk(os.fsencode(folder)):
            _libc.inotify_add_watch(self.fd, path, mask)  # one that fails is a folder less

    def close(self) -> None:
        """Nothing is watched."""
        with contextlib.suppress(OSError):
            os.close(self.fd)
