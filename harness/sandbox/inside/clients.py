"""Several clients of one store at a time: each a process that answers requests, a line each, in its own time.

Every client gets its next request when it has answered the last, and none its second before all have answered
their first, so that they really work side by side.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.sandbox.inside.command import Command
from harness.sandbox.inside.processes import HostGoneError, Output, Processes
from harness.sandbox.inside.strays import end_strays, left_alive
from harness.sandbox.inside.tree import RefusedError

_FIRST = 0.2  # seconds that a first answer is taken to need, as long as none has come: the process starts
_LONGEST = 16 << 20  # bytes of one answer


@dataclass(frozen=True)
class Blow:
    """What befalls a client at its request of this number, counted from 0.

    With `cut` the request breaks off in the middle and its stdin ends.  Otherwise it gets SIGKILL once `share` of the
    time that its last answer took is over; where the answer is there by then, at a later request.
    """

    client: int
    request: int
    share: float
    cut: bool


@dataclass
class _Client:
    """One process; rows of `said` are: sent, answered or None, whether it was cut, the answer's bytes, and for how
    long it could have run meanwhile and others had the processor.
    """

    child: subprocess.Popen[bytes]
    requests: Sequence[bytes]
    said: list[list[Any]] = field(default_factory=list)
    heard: bytes = b""
    errors: Output = field(default_factory=Output)
    needed: float = _FIRST  # seconds for the last answer
    due: float | None = None  # when it gets killed
    killed: bool = False
    over: bool = False  # its stdout has ended
    shut: bool = False  # its stdin has
    waited: float = 0.0  # seconds for the processor, before its last request

    @property
    def waiting(self) -> bool:
        """Whether an answer is awaited."""
        return bool(self.said) and self.said[-1][1] is None

    def shut_stdin(self) -> None:
        """It gets no more requests."""
        self.shut = True
        with contextlib.suppress(OSError):
            self.child.stdin.close()  # type: ignore[union-attr]


@dataclass(frozen=True)
class Conversed:
    """What was said: for each client its rows, its status (as `Ended`), its stderr; whether the blow landed."""

    said: list[list[list[Any]]]
    statuses: list[int | None]
    errors: list[bytes]
    seconds: float
    landed: bool
    strays: list[str]


class Clients:
    """A conversation with clients of one command; `command.timeout` is for all of it."""

    def __init__(self, processes: Processes, command: Command, blow: Blow | None) -> None:
        self._processes, self._command, self._blow = processes, command, blow
        self._clients: list[_Client] = []
        self._landed = False

    def converse(self, requests: Sequence[Sequence[bytes]], spared: Collection[int]) -> Conversed:
        """All requests are answered, or their client is gone, or the time is up; nothing that was started is left.

        Raises:
            RefusedError: the command cannot be started.
            HostGoneError: the host ended meanwhile.
        """
        start = time.monotonic()
        try:
            for lines in requests:
                self._clients.append(_Client(self._started(), lines))
            statuses = self._attend(start)
            strays = [] if None in statuses else left_alive(spared)
        finally:
            for client in self._clients:
                self._end(client)
            end_strays(spared)
        seconds = time.monotonic() - start
        for client in self._clients:
            for row in client.said:
                row[:2] = row[0] - start, None if row[1] is None else row[1] - start
        said, errors = [c.said for c in self._clients], [c.errors.kept() for c in self._clients]
        return Conversed(said, statuses, errors, seconds, self._landed, strays)

    def _started(self) -> subprocess.Popen[bytes]:
        command, pipe = self._command, subprocess.PIPE
        try:
            return subprocess.Popen(
                command.argv,
                env=command.env,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                bufsize=0,
                start_new_session=True,
                preexec_fn=lambda: self._processes.become(command),  # noqa: PLW1509 - there are no threads
            )
        except (OSError, ValueError, IndexError, subprocess.SubprocessError) as error:
            raise RefusedError(f"{' '.join(command.argv[:1])}: {error}") from error

    def _attend(self, start: float) -> list[int | None]:
        """Gives the clients' statuses; None where the time was up."""
        until = start + self._command.timeout
        for client in self._clients:
            self._ask(client)
        while talking := [client for client in self._clients if not client.over]:
            moments = [until, *(client.due for client in talking if client.due is not None)]
            left = min(moments) - time.monotonic()
            for client in talking if left <= 0 else ():
                if client.due is not None and client.due <= time.monotonic():
                    self._kill(client)
            if time.monotonic() >= until:
                break
            self._hear(talking, max(0.0, left))
            if all(client.over or len(client.said) > 1 or not client.waiting for client in self._clients):
                for client in talking:
                    if not (client.over or client.waiting or client.shut):
                        self._ask(client)
        return [self._status(client, until) for client in self._clients]

    def _ask(self, client: _Client) -> None:
        """The next request is with the client; without one its stdin ends."""
        number = len(client.said)
        if number == len(client.requests):
            client.shut_stdin()
            return
        blow, line = self._blow, client.requests[number]
        hit = blow and not self._landed and client is self._clients[blow.client] and number >= blow.request
        cut = bool(hit and blow and blow.cut)
        client.waited = _waited(client.child.pid)
        client.said.append([time.monotonic(), None, cut, b"", 0.0])
        if hit and blow and not cut:
            client.due = time.monotonic() + blow.share * client.needed
        with contextlib.suppress(OSError):  # it is gone, which its stdout tells
            os.write(client.child.stdin.fileno(), line[: len(line) // 2] if cut else line)  # type: ignore[union-attr]
        if cut:
            self._landed = True
            client.shut_stdin()

    def _hear(self, talking: Sequence[_Client], seconds: float) -> None:
        """What the clients say within the time is heard, as soon as one says something."""
        outs = {client.child.stdout.fileno(): client for client in talking}  # type: ignore[union-attr]
        errs = {client.child.stderr.fileno(): client for client in talking}  # type: ignore[union-attr]
        for fd in select.select([self._processes.host, *outs, *errs], [], [], seconds)[0]:
            if fd == self._processes.host:
                raise HostGoneError
            chunk = os.read(fd, 1 << 16)
            if fd in outs:
                _listen(outs[fd], chunk)
            elif chunk:
                errs[fd].errors.add(chunk)

    def _kill(self, client: _Client) -> None:
        client.due, client.killed, self._landed = None, True, True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(client.child.pid, signal.SIGKILL)

    def _status(self, client: _Client, until: float) -> int | None:
        if not client.over:
            return None
        with contextlib.suppress(subprocess.TimeoutExpired):
            return client.child.wait(max(0.0, until - time.monotonic()))
        return None

    def _end(self, client: _Client) -> None:
        client.shut_stdin()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(client.child.pid, signal.SIGKILL)
        client.child.wait()
        for pipe in (client.child.stdout, client.child.stderr):
            pipe.close()  # type: ignore[union-attr]


def _listen(client: _Client, chunk: bytes) -> None:
    """Takes note of an answer that is whole; what nobody asked for is kept with the last one."""
    now = time.monotonic()
    client.heard += chunk
    client.over = not chunk or len(client.heard) > _LONGEST
    while b"\n" in client.heard:
        line, _, client.heard = client.heard.partition(b"\n")
        if client.waiting:
            client.said[-1][1:2], client.said[-1][3] = [now], line
            client.said[-1][4] = max(0.0, _waited(client.child.pid) - client.waited)
            client.needed, client.due = now - client.said[-1][0], None


def _waited(pid: int) -> float:
    """Returns for how many seconds a process was ready and had no processor; 0 where the kernel does not tell."""
    try:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1]) / 1e9  # Documentation/scheduler/sched-stats.rst
    except (OSError, ValueError, IndexError):
        return 0.0
