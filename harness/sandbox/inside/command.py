"""What to run, and the process that it runs in."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.sandbox.inside.fence import shut_in
from harness.sandbox.inside.supervisor import supervise

PDEATHSIG, DUMPABLE, _NO_NEW_PRIVS = 1, 4, 38  # linux/prctl.h
_libc = ctypes.CDLL(None)


def prctl(option: int, value: int) -> None:
    """The process attribute is set where the kernel knows it."""
    _libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))


@dataclass(frozen=True)
class Command:
    """What to run: `limits` are resource limits by name, `timeout` is in seconds.

    A `folder` that cannot be entered is replaced by ``/``, as a login does.  With `fence`, writing is possible
    only below that folder.  The tree `watched` is watched for its first change.  `kill_after` so many seconds
    everything is killed: from the start, or with `since_change` from that first change.  With `orders` it runs under
    supervision of the tree `supervised`, see `harness.sandbox.inside.supervisor`; `told` are contents that the host has.
    `warm` are modules that a Python which has already started may have imported, see `harness.sandbox.inside.warm`.
    """

    argv: list[str]
    env: Mapping[str, str]
    folder: str
    stdin: bytes
    timeout: float
    limits: Mapping[str, int]
    fence: str = ""
    watched: str = ""
    kill_after: float | None = None
    since_change: bool = False
    orders: dict[str, Any] = field(default_factory=dict)
    supervised: str = ""
    told: set[str] = field(default_factory=set)
    warm: tuple[str, ...] = ()


def confine(command: Command, files: tuple[int, int]) -> None:
    """This process, and all that it becomes and starts, is within the command's limits; `files` is that of open files."""
    for name, amount in command.limits.items():
        resource.setrlimit(getattr(resource, name), (amount, amount))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, files)
    prctl(PDEATHSIG, signal.SIGKILL)
    prctl(_NO_NEW_PRIVS, 1)
    prctl(DUMPABLE, 1)  # else its /proc/self is not its own
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")  # so that it goes before the runner
    if command.fence:
        shut_in(command.fence)


def begin(command: Command, channel: int) -> None:
    """This confined process stands in the command's folder, and under supervision where there are orders.

    Then it goes on as a child of the one that called; `channel` is where the supervisor reports.
    """
    try:
        os.chdir(command.folder)
    except OSError:
        os.chdir("/")
    if command.orders:
        orders = {**command.orders, "argv": command.argv, "env": dict(command.env)}
        supervise(command.supervised, orders, command.told, channel)
        prctl(PDEATHSIG, signal.SIGKILL)
