"""Another run of the supervised command, begun while the first one stands still at an operation."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Mapping, Sequence

_PATIENCE = 8.0  # seconds until the first run goes on beside it: it may wait for what the first one holds
_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None)


class Another:
    """The other run, once it was begun; it writes no report, as that is the first one's.

    `status` is its wait status when it has ended.
    """

    def __init__(self) -> None:
        self.pid = 0
        self.status: int | None = None

    def begin(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        """The run has ended, or waits for the first one, or takes its time."""
        self.pid = os.fork()
        if self.pid == 0:
            _become(argv, {name: value for name, value in env.items() if name != "MIGRATION_REPORT"})
        until = time.monotonic() + _PATIENCE
        while self.status is None and time.monotonic() < until:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
            else:
                time.sleep(0.001)

    def told(self) -> int | None:
        """Returns the exit status, below zero for a signal; None where it was not begun or has not ended."""
        return None if self.status is None else os.waitstatus_to_exitcode(self.status)


def _become(argv: Sequence[str], env: Mapping[str, str]) -> None:
    """The forked process is the command; what it prints is nobody's."""
    try:
        os.setsid()
        _libc.prctl(_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        with contextlib.suppress(OSError):
            os.execvpe(argv[0], list(argv), dict(env))  # noqa: S606 - the command that the harness is given
    finally:
        os._exit(127)
