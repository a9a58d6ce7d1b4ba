"""Processes that live on between commands: a daemon's stand-in, or the holder of an open database."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from typing import Any

from harness.sandbox.inside.command import DUMPABLE, PDEATHSIG, prctl
from harness.sandbox.inside.tree import RefusedError

_PATIENCE = 5.0  # seconds for a holder to close in order


class Holders:
    """The held processes, by id."""

    def __init__(self) -> None:
        self.held: dict[int, int] = {}  # process id to the pipe whose end tells it to close and end

    def process(self) -> int:
        """Returns the id of a process that lives until it is released."""
        return self._start(lambda: None)

    def database(self, path: str, mode: str) -> int:
        """Returns the id of a process that has the SQLite database open, once it has.

        Raises:
            RefusedError: the database is missing, locked or none.
        """
        if not os.path.isfile(path):
            raise RefusedError(f"{path}: there is no database to hold")
        return self._start(lambda: _connected(path, mode))

    def release(self, *, kill: bool) -> None:
        """Nothing is held: databases were closed in order, or with `kill` their holders just died."""
        for pid, tell in self.held.items():
            with contextlib.suppress(ProcessLookupError, ChildProcessError):  # it ended by itself
                if kill:  # before the pipe ends, which would let it close in order
                    os.kill(pid, signal.SIGKILL)
            os.close(tell)
            until = time.monotonic() + _PATIENCE
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                while os.waitpid(pid, os.WNOHANG)[0] == 0:
                    if time.monotonic() >= until:
                        os.kill(pid, signal.SIGKILL)
                    time.sleep(0.001)
        self.held.clear()

    def _start(self, grasp: Callable[[], Any]) -> int:
        told, tell = os.pipe()
        heard, say = os.pipe()
        pid = os.fork()
        if pid == 0:
            for fd in (tell, heard, 0, 1, *self.held.values()):
                os.close(fd)
            _hold(grasp, told, say)
        os.close(told)
        os.close(say)
        with open(heard, "rb") as file:
            failure = file.read()
        if failure:
            os.close(tell)
            os.waitpid(pid, 0)
            raise RefusedError(failure.decode("utf-8", "replace"))
        self.held[pid] = tell
        return pid


def _hold(grasp: Callable[[], Any], told: int, say: int) -> None:
    os.setsid()
    prctl(PDEATHSIG, signal.SIGKILL)
    prctl(DUMPABLE, 1)  # as visible in /proc as any daemon
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        kept = grasp()
        os.close(say)
        os.read(told, 1)  # until the other end closes
        if kept is not None:
            kept.close()
    except BaseException as error:  # noqa: BLE001 - the host is told instead; a fork must not return
        os.write(say, (str(error) or repr(error)).encode("utf-8", "replace"))
    finally:
        os._exit(0)


def _connected(path: str, mode: str) -> Any:
    import sqlite3  # noqa: PLC0415 - an image's python3 may lack it, and then only this fails

    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute({"idle": "SELECT 1", "read": "BEGIN", "write": "BEGIN IMMEDIATE"}[mode])
    connection.execute("SELECT count(*) FROM sqlite_master").fetchall()  # now the locks are really taken
    return connection
