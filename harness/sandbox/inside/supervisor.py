"""Runs a program under supervision: every operation on the tree is counted, told, and may be the place of a fault.

The supervisor is a process of its own between the runner and the program, for it awaits whatever the program starts.
It ends as the program ended.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import resource
import signal
import time
from typing import Any

from harness.sandbox.inside.another import Another
from harness.sandbox.inside.ballast import fill, free
from harness.sandbox.inside.calls import ALWAYS, MAKING, OPENING
from harness.sandbox.inside.clock import CLOCK_CALLS, Clock, hide_shown_page
from harness.sandbox.inside.guest import work
from harness.sandbox.inside.operations import Operation
from harness.sandbox.inside.picture import Picture
from harness.sandbox.inside.tracing import (
    CALL_EXIT,
    CONTINUE,
    EVERY_CHILD,
    EXECUTED,
    FILTERED,
    TO_EXIT,
    TRACE_ME,
    Registers,
    attach,
    end_all,
    ptrace,
    registers,
    set_registers,
    stop_before,
)
from harness.sandbox.inside.tree import write

_GRACE = 1.0  # seconds in which what the program started may end by itself once the program has
_NONE = 0xFFFFFFFFFFFFFFFF  # the number of no call

_QUIET = frozenset(
    {"kill", "short", "write", "full", "clock"}
)  # acts for which operations are only counted: each costs one stop, not two

# Which operations an error can come from; a full disk still lets files go, an open descriptor needs no permission.
_NAMES = {
    "data": frozenset({"write", "pwrite", "writev", "pwritev", "sendfile", "copy", "splice", "allocate"}),
    "room": frozenset({"open", "mkdir", "mknod", "link", "symlink"}),
    "entries": frozenset({"open", "mkdir", "mknod", "link", "symlink", "rename", "unlink"}),
    "forcing": frozenset({"fsync", "syncfs"}),
    "attributes": frozenset({"chmod", "utime", "truncate", "xattr"}),
}
REACH: dict[int, frozenset[str]] = {
    errno.ENOSPC: _NAMES["data"] | _NAMES["room"] | _NAMES["forcing"],
    errno.EIO: _NAMES["data"] | _NAMES["entries"] | _NAMES["forcing"] | _NAMES["attributes"],
    errno.EACCES: _NAMES["entries"],
    errno.EMFILE: frozenset({"open"}),
    errno.EINTR: _NAMES["data"] | frozenset({"open"}),
    errno.EROFS: _NAMES["data"] | _NAMES["entries"] | _NAMES["attributes"],
}


DATA = _NAMES["data"]
"""Those that need room in a file."""


class Supervisor:
    """One run of one program: what it did to the tree at `root`, and whether the fault came about.

    `orders` say what to do: ``at`` is the number of the operation, from 0, that the fault is for (-1 for none), ``act``
    one of ``record``, ``kill``, ``error``, ``short``, ``write``, ``run``, ``full``, with which others fill the disk up, and ``clock``, which
    steps the clock by ``seconds``; ``errno`` and ``sticky`` belong to an error, ``files`` to a foreign write, ``work`` to one in a database, ``argv`` and ``env`` to another run.  With ``data`` the bytes
    written are kept, and what each operation left of modes and times; with ``pictures`` a picture of the tree is taken whenever it
    may have changed.
    """

    def __init__(self, root: str, orders: dict[str, Any], told: set[str]) -> None:
        self._root, self._orders = os.path.realpath(root), orders
        self._told = told
        self._tells = bool(orders["act"] not in _QUIET or orders.get("data") or orders.get("pictures"))
        self._known: set[int] = set()
        self._pending: dict[
            int, tuple[Operation | None, int]
        ] = {}  # stopped at its call, and what it shall give
        self.count = 0
        self.fired: list[Any] | None = None
        self.rows: list[list[Any]] = []
        self.blobs: list[bytes] = []
        self.pictures: list[list[Any]] = []
        self._another, self._clock = Another(), Clock()
        self._room = self._least = free(self._root, "disk")  # KiB
        self._refused: str | None = None

    def attend(self, main: int) -> int:
        """Returns the wait status of the program, when all that it started has ended too."""
        self._known.add(main)
        ended: int | None = None
        until = float("inf")
        while True:
            try:
                pid, status = os.waitpid(-1, EVERY_CHILD | (0 if ended is None else os.WNOHANG))
            except ChildProcessError:
                return 0 if ended is None else ended
            if not pid:
                if time.monotonic() > until:
                    end_all(self._known)
                time.sleep(0.001)
                continue
            if os.WIFSTOPPED(status):
                with contextlib.suppress(ProcessLookupError):
                    self._stopped(pid, status)
                continue
            if pid == self._another.pid:
                self._another.status = status
                continue
            self._known.discard(pid)
            self._pending.pop(pid, None)
            if pid == main:
                ended, until = status, time.monotonic() + _GRACE

    def _stopped(self, pid: int, status: int) -> None:
        stop, event = os.WSTOPSIG(status), status >> 16
        if event == FILTERED:
            self._begins(pid)
        elif stop == CALL_EXIT:
            self._returns(pid)
        elif event:
            if event == EXECUTED and self._orders["act"] == "clock":
                hide_shown_page(pid)
            ptrace(CONTINUE, pid)
        elif pid not in self._known:  # a child is born with a stop
            self._known.add(pid)
            ptrace(CONTINUE, pid, 0, 0 if stop == signal.SIGSTOP else stop)
        else:
            ptrace(CONTINUE, pid, 0, stop)

    def _begins(self, pid: int) -> None:
        """A call is about to run."""
        regs = registers(pid)
        if regs.orig_rax in CLOCK_CALLS:
            if self._clock.answers(pid, regs):
                set_registers(pid, regs)
            ptrace(CONTINUE, pid)
            return
        operation = Operation(pid, regs, self._root)
        if not operation.inside:
            ptrace(CONTINUE, pid)
            return
        number, act = self.count, self._orders["act"]
        self.count += 1
        if self._orders.get("pictures"):
            self._take_picture(number)
        if self._tells:
            operation.look()
            self.rows.append(operation.row())
        shall = 0
        if self._due(number, operation):
            if self.fired is None:
                self.fired = [number, operation.name, list(operation.paths)]
            if act == "kill":
                end_all({*self._known, pid})
                return
            shall = self._befall(act, pid, regs)
        if self._tells:
            self._pending[pid] = (operation, shall)
        ptrace(TO_EXIT if self._tells else CONTINUE, pid)

    def _befall(self, act: str, pid: int, regs: Registers) -> int:
        """Returns the error that the call shall give; whatever else befalls the program here has done so."""
        if act == "error":
            regs.orig_rax = _NONE
            set_registers(pid, regs)
            return int(self._orders["errno"])
        if act == "short":
            regs.rdx = max(1, regs.rdx // 2)
            set_registers(pid, regs)
        elif act == "write":
            self._write_foreign()
        elif act == "run":
            self._another.begin(self._orders["argv"], self._orders["env"])
        elif act == "clock":
            self._clock.step(self._orders["seconds"])
        elif act == "full":
            fill(os.path.dirname(self._root), 0)  # until this process ends
        return 0

    def _due(self, number: int, operation: Operation) -> bool:
        """Tells whether the fault is for this operation."""
        at, act = self._orders["at"], self._orders["act"]
        if act == "error" and self._orders["sticky"]:
            reach = REACH[self._orders["errno"]]
            return number >= at >= 0 and (operation.name in reach or number == at)
        return bool(number == at)

    def _returns(self, pid: int) -> None:
        """A call has run."""
        operation, shall = self._pending.pop(pid, (None, 0))
        regs = registers(pid)
        if shall:
            regs.rax = (1 << 64) - shall
            set_registers(pid, regs)
        if operation is not None:
            self._least = min(self._least, free(self._root, "disk"))
            data = operation.after(regs.result())
            if self._orders.get("data") and regs.result() >= 0:
                operation.leave()
            if self._orders.get("data") and data:
                operation.more["data"] = len(self.blobs)
                self.blobs.append(data)
        ptrace(CONTINUE, pid)

    def _take_picture(self, number: int) -> None:
        picture = Picture(self._root, self._told)
        self.blobs_of_pictures(picture.blobs)
        rows = picture.rows
        if not self.pictures or self.pictures[-1][1] != rows:
            self.pictures.append([number, rows])

    def blobs_of_pictures(self, found: list[tuple[str, bytes]]) -> None:
        """The contents of a picture travel with the others, told apart by their digest."""
        for digest, content in found:
            self._orders.setdefault("digests", []).append([digest, len(self.blobs)])
            self.blobs.append(content)

    def _write_foreign(self) -> None:
        """Another program works in the tree: files appear, change or go, each in one go, and folders appear.

        Or it works in a database, as far as that lets it.
        """
        if at_work := self._orders.get("work"):
            self._refused = work(f"{self._root}/{at_work['path']}", at_work["statements"], at_work["now"])
        for path, kind, content, mode, mtime_ns in self._orders["files"]:
            where = f"{self._root}/{path}"
            if kind == "gone":
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(where)
            elif kind == "dir":
                with contextlib.suppress(FileExistsError):
                    os.mkdir(where)
                    os.chmod(where, mode)
            else:
                fresh = f"{where}.other"
                write(fresh, bytes.fromhex(content), mode, mtime_ns)
                os.replace(fresh, where)

    def finish(self) -> None:
        """All has ended; where data was kept too, the end has its picture like the operations."""
        if self._orders.get("pictures") and self._orders.get("data"):
            self._take_picture(self.count)

    def report(self) -> bytes:
        """Returns what came of it: a line of JSON, then the bytes that it counts."""
        about = {
            "count": self.count,
            "fired": self.fired,
            "another": self._another.told(),
            "refused": self._refused,
            "operations": self.rows,
            "pictures": self.pictures,
            "digests": self._orders.get("digests", []),
            "used": self._room - self._least,
            "sizes": [len(blob) for blob in self.blobs],
        }
        return json.dumps(about).encode("ascii") + b"\n" + b"".join(self.blobs)


def supervise(root: str, orders: dict[str, Any], told: set[str], channel: int) -> None:
    """Returns in the program to be, ready to be executed; this process becomes its supervisor and does not return.

    `channel` is where the report goes, once all is over.
    """
    child = os.fork()
    if child == 0:
        ptrace(TRACE_ME, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        clock = CLOCK_CALLS if orders["act"] == "clock" else frozenset[int]()
        stop_before(ALWAYS | clock, OPENING, MAKING)
        return
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.closerange(3, channel)
        os.closerange(channel + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        os.waitpid(child, 0)
        attach(child)
        ptrace(CONTINUE, child)
        supervisor = Supervisor(root, orders, told)
        status = supervisor.attend(child)
        supervisor.finish()
        with open(channel, "wb") as file:
            file.write(supervisor.report())
    except BaseException as error:  # noqa: BLE001 - nobody else is there to tell
        os.write(channel, json.dumps({"broken": f"{type(error).__name__}: {error}"}).encode("ascii") + b"\n")
        os._exit(127)
    if os.WIFSIGNALED(status):
        if os.WTERMSIG(status) != signal.SIGKILL:
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.WEXITSTATUS(status))
