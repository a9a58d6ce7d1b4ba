"""What a command leaves behind: processes that live on when it has ended are told by name, and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Collection

from harness.sandbox.inside.tree import RefusedError

_GRACE = 1.0  # seconds in which what a command started may end by itself once the command has ended
_STRAYS = 100  # names told


def left_alive(spared: Collection[int]) -> list[str]:
    """Returns the names of processes that still live although the command and some grace are over."""
    until = time.monotonic() + _GRACE
    while True:
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return []
        names = sorted(filter(None, (_name(pid) for pid in _descendants(os.getpid()) if pid not in spared)))
        if not names or time.monotonic() >= until:
            return names[:_STRAYS]
        time.sleep(0.005)


def _name(pid: int) -> str:
    """Returns the name of a process, or nothing when it is dead."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            before, _, after = file.read().rpartition(b")")
    except OSError:
        return ""
    return "" if after.split()[0] in {b"Z", b"X"} else before.partition(b"(")[2].decode("utf-8", "replace")


def end_strays(spared: Collection[int]) -> None:
    """No descendant of this process is left but the spared ones."""
    for _ in range(10_000):
        try:
            while os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG) is not None:
                pass
        except ChildProcessError:
            return
        strays = [pid for pid in _descendants(os.getpid()) if pid not in spared]
        if not strays:
            return
        for pid in strays:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)
    raise RefusedError("the command left processes that fork faster than they can be ended")


def _descendants(ancestor: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                parent = int(file.read().rpartition(b")")[2].split()[1])
        except OSError:
            continue  # it ended meanwhile
        children.setdefault(parent, []).append(int(name))
    found: list[int] = []
    todo = [ancestor]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found
