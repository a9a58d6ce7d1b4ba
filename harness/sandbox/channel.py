"""Requests to a resident runner and its replies, over any pair of byte streams, each with a time limit."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

_LONGEST_HEADER = 256 << 20  # bytes; a million entries take about 150 MB
_LONGEST_PAYLOAD = 1 << 30
_COMPLAINT = 4096  # bytes of a runner's stderr in a message


class SandboxError(RuntimeError):
    """A sandbox cannot do what it was asked; the message says what and why."""


class RefusedError(SandboxError):
    """The runner said no, for the reason in the message; the session goes on."""


class Wire(Protocol):
    """A way to and from a runner."""

    def send(self, pieces: Iterable[bytes], until: float) -> None:
        """All pieces are on their way; raises OSError or TimeoutError."""

    def receive(self, until: float) -> bytes:
        """Returns some bytes, or none at the end; raises OSError or TimeoutError."""

    def complaint(self) -> str:
        """Returns the end of what the runner wrote to stderr."""

    def close(self) -> None:
        """The runner has been told to end, and it has."""


class Channel:
    """A conversation with one runner.  After an error other than a refusal it is over."""

    def __init__(self, wire: Wire) -> None:
        self._wire, self._buffer = wire, bytearray()

    def ask(
        self, op: str, pieces: Sequence[bytes] = (), *, patience: float = 120.0, **request: Any
    ) -> tuple[dict[str, Any], bytes]:
        """Returns the reply and its payload; `patience` is in seconds.

        Raises:
            RefusedError: the runner refuses.
            SandboxError: the runner died, is silent for too long, or does not keep to the protocol.
        """
        until = time.monotonic() + patience
        header = {"op": op, "bytes": sum(map(len, pieces)), **request}
        try:
            self._wire.send([json.dumps(header).encode("ascii") + b"\n", *pieces], until)
            reply = self._reply(until)
            payload = self._take(reply["bytes"], until)
        except TimeoutError:
            raise SandboxError(f"the runner did not answer {op!r} within {patience:.0f} s") from None
        except (OSError, EOFError, ValueError, KeyError) as error:
            detail = self._wire.complaint() or str(error) or "it ended"
            raise SandboxError(f"the runner failed at {op!r}: {detail}") from error
        if "refused" in reply:
            raise RefusedError(reply["refused"])
        return reply, payload

    def tell(self, text: bytes, *, patience: float = 30.0) -> None:
        """The text is on its way; a runner that is not there to take it fails the next `ask`."""
        with contextlib.suppress(OSError):
            self._wire.send([text], time.monotonic() + patience)

    def close(self) -> None:
        """The runner has ended, and with it all that it started."""
        self._wire.close()

    def _reply(self, until: float) -> dict[str, Any]:
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > _LONGEST_HEADER:
                raise ValueError("the runner's reply has no end")
            self._receive(until)
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        reply = json.loads(line)
        if not isinstance(reply, Mapping) or not 0 <= reply["bytes"] <= _LONGEST_PAYLOAD:
            raise ValueError("the runner's reply is none")
        return dict(reply)

    def _take(self, length: int, until: float) -> bytes:
        while len(self._buffer) < length:
            self._receive(until)
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken

    def _receive(self, until: float) -> None:
        chunk = self._wire.receive(until)
        if not chunk:
            raise EOFError
        self._buffer += chunk


class ProcessWire:
    """A runner that is a child process."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], *, pass_fds: Sequence[int] = ()) -> None:
        """The child runs, in its own session, so that a Ctrl-C at the terminal is left to the harness."""
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the wire
        try:
            self._child = subprocess.Popen(
                argv,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                bufsize=0,
                start_new_session=True,
                pass_fds=pass_fds,
            )
        except OSError as error:
            self._stderr.close()
            raise SandboxError(f"{argv[0]}: cannot be started ({error.strerror})") from error
        assert self._child.stdin
        assert self._child.stdout
        self._requests, self._replies = self._child.stdin, self._child.stdout
        os.set_blocking(self._requests.fileno(), False)

    def send(self, pieces: Iterable[bytes], until: float) -> None:
        """All pieces are in the pipe."""
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                _await(self._requests.fileno(), select.POLLOUT, until)
                rest = rest[self._requests.write(rest) or 0 :]

    def receive(self, until: float) -> bytes:
        """Returns what the pipe holds, once it holds something or ends."""
        _await(self._replies.fileno(), select.POLLIN, until)
        return os.read(self._replies.fileno(), 1 << 20)

    def complaint(self) -> str:
        """Returns the end of the child's stderr, once it ended or has had a moment to."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(1)
        self._stderr.seek(max(0, self._stderr.seek(0, os.SEEK_END) - _COMPLAINT))
        return self._stderr.read().decode("utf-8", "replace").strip()

    def close(self) -> None:
        """The child has ended: by itself as its stdin ended, or killed after some seconds."""
        with contextlib.suppress(OSError):
            self._requests.close()
        try:
            self._child.wait(10)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._replies.close()
        self._stderr.close()


def _await(fd: int, event: int, until: float) -> None:
    poller = select.poll()
    poller.register(fd, event)
    if not poller.poll(max(0.0, until - time.monotonic()) * 1000):
        raise TimeoutError
