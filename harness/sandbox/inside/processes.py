"""Runs one command to its end, and ends whatever it leaves behind."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import subprocess
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Union

from harness.sandbox.inside.command import DUMPABLE, Command, begin, confine, prctl
from harness.sandbox.inside.strays import end_strays, left_alive
from harness.sandbox.inside.tracing import known_here
from harness.sandbox.inside.tree import RefusedError
from harness.sandbox.inside.warm import Forked, Interpreters
from harness.sandbox.inside.watching import Watch

KEPT_OUTPUT = 1 << 20  # bytes of stdout, and of stderr, that a run hands back: the head and the tail
_SUBREAPER = 36  # linux/prctl.h


Child = Union["subprocess.Popen[bytes]", Forked]  # Python 3.9 evaluates this line


class HostGoneError(Exception):
    """Nobody reads the replies any more."""


class Output:
    """The first and the last bytes of a stream."""

    def __init__(self) -> None:
        self._head, self._tail, self._cut = b"", b"", 0

    def add(self, chunk: bytes) -> None:
        """The chunk is the newest part of what is kept."""
        room = KEPT_OUTPUT // 2 - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        surplus = max(0, len(self._tail) - KEPT_OUTPUT // 2)
        self._cut, self._tail = self._cut + surplus, self._tail[surplus:]

    def kept(self) -> bytes:
        """Returns the stream, with a line in the middle that tells how much was cut, if any."""
        return self._head + (b"\n[... %d bytes cut ...]\n" % self._cut if self._cut else b"") + self._tail


@dataclass(frozen=True)
class Ended:
    """How a command ended: `status` is negative for a signal and None for a timeout.

    `changed` is when the watched tree first changed, in seconds from the start.  `killed` tells whether the kill that
    was asked for ended it.  `strays` are the names of processes that it left alive when it had ended by itself.
    `told` is what the supervisor reports, if there was one.
    """

    status: int | None
    seconds: float
    stdout: bytes
    stderr: bytes
    changed: float | None
    killed: bool
    strays: list[str]
    told: bytes = b""


class Processes:
    """Runs commands in a process that has no threads and starts nothing else that it awaits elsewhere.

    Orphans of a command become our children, so that none escapes.
    """

    def __init__(self, host: int) -> None:
        self.host = host  # the descriptor that ends when the host is gone
        self._files = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (self._files[1], self._files[1])
        )  # deep trees are observed
        self.warm = Interpreters(self._files)
        prctl(_SUBREAPER, 1)
        prctl(DUMPABLE, 0)  # commands have our uid and must neither trace us nor write to our pipes
        self._wake, bell = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self, command: Command, spared: Collection[int]) -> Ended:
        """The command has ended, by itself or killed, and nothing that it started is left.

        Raises:
            RefusedError: it cannot be started.
            HostGoneError: the host ended meanwhile.
        """
        if command.orders and not known_here():
            raise RefusedError(
                "programs can be supervised on x86-64 Linux only; leave faults at operations out here"
            )
        channel = os.memfd_create("supervisor") if command.orders else -1
        watch = _watch(command.watched)
        try:
            child, start = self._started(command, channel)
            ended = self._attend(child, start, command, watch, {*spared, *self.warm.pids()})
            return replace(ended, told=_read_all(channel)) if command.orders else ended
        finally:
            if watch is not None:
                watch.close()
            _close(channel)

    def _started(self, command: Command, channel: int) -> tuple[Child, float]:
        """Returns the command's process and when it began."""
        answers = os.memfd_create("stdin") if command.stdin else os.open(os.devnull, os.O_RDONLY)
        try:
            if command.stdin:
                os.write(answers, command.stdin)
                os.lseek(answers, 0, os.SEEK_SET)
            start = time.monotonic()
            if forked := self.warm.start(command, answers, channel):
                return forked, start
            child = subprocess.Popen(
                command.argv,
                env=command.env,
                stdin=answers,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
                preexec_fn=lambda: self.become(command, channel),  # noqa: PLW1509 - there are no threads
            )
        except (OSError, ValueError, IndexError, subprocess.SubprocessError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            path = command.env.get("PATH")
            raise RefusedError(f"{' '.join(command.argv[:1])}: {reason}; PATH is {path}") from error
        finally:
            os.close(answers)
        return child, start

    def become(self, command: Command, channel: int = -1) -> None:
        """The forked process is what the command is to run in."""
        confine(command, self._files)
        begin(command, channel)

    def _attend(
        self,
        child: Child,
        start: float,
        command: Command,
        watch: Watch | None,
        spared: Collection[int],
    ) -> Ended:
        pipes: list[Any] = [child.stdout, child.stderr]
        outputs = {pipe.fileno(): Output() for pipe in pipes}
        changed = self._wait(child, start, command, watch, outputs)
        seconds, status = time.monotonic() - start, child.returncode
        strays = [] if status is None else left_alive(spared)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        end_strays(spared)
        for pipe in pipes:
            os.set_blocking(pipe.fileno(), False)
            outputs[pipe.fileno()].add(pipe.read() or b"")
            pipe.close()
        # Between the last look and the signal it may have ended by itself: then its own status is there.
        due = status is None and seconds < command.timeout
        killed = due and child.returncode == -signal.SIGKILL
        if due:
            status = child.returncode
        stdout, stderr = (output.kept() for output in outputs.values())
        return Ended(status, seconds, stdout, stderr, changed, killed, strays)

    def _wait(
        self,
        child: Child,
        start: float,
        command: Command,
        watch: Watch | None,
        outputs: Mapping[int, Output],
    ) -> float | None:
        """The command has ended, or its time is up, or the moment to kill it has come; gives the first change."""
        changed: float | None = None
        ended = child.fd if isinstance(child, Forked) else self._wake
        fds = {*outputs, ended, self._wake, self.host} | ({watch.fd} if watch else set())
        while child.poll() is None:
            left = start + _time_for(command, changed) - time.monotonic()
            if left <= 0:
                break
            for fd in select.select(fds, [], [], left)[0]:  # to the microsecond, which poll is not
                if fd == self.host:  # requests wait for replies, so this is the end of them
                    raise HostGoneError
                if watch and fd == watch.fd:
                    changed = time.monotonic() - start
                    fds.discard(fd)  # only the first one matters
                    continue
                if fd == ended != self._wake:
                    continue
                chunk = os.read(fd, 1 << 16)
                if fd in outputs:
                    outputs[fd].add(chunk)
                    if not chunk:
                        fds.discard(fd)
        return changed


def _time_for(command: Command, changed: float | None) -> float:
    """Returns after how many seconds the command must end, as far as is known yet."""
    since = changed if command.since_change else 0.0
    if command.kill_after is None or since is None:
        return command.timeout
    return min(command.timeout, since + command.kill_after)


def _close(fd: int) -> None:
    if fd >= 0:
        os.close(fd)


def _read_all(fd: int) -> bytes:
    os.lseek(fd, 0, os.SEEK_SET)
    with open(fd, "rb", closefd=False) as file:
        return file.read()


def _watch(folder: str) -> Watch | None:
    with contextlib.suppress(OSError):  # then it is not known when it changes
        return Watch(folder) if folder else None
    return None
