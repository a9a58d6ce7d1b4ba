"""One open sandbox: lay a home out, run commands on it, observe what became of it."""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal, Protocol, Self

from harness.home import Blobs, Home
from harness.sandbox import resident
from harness.sandbox.channel import Channel, SandboxError, Wire
from harness.sandbox.holders import Holder, request_of

Level = Literal["container", "bubblewrap", "namespaces", "bare"]

_GRACE = 60.0  # seconds that the runner may take beyond a command's time limit, to end what it left


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended: with a status, by a signal, or killed because its time was up.

    `report` is what it wrote to ``$MIGRATION_REPORT``, if it did; `litter` are the files and folders that it made
    outside the home, the first hundred of them, and did not remove.  Of stdout and stderr the first and the
    last 512 KiB are kept, and a line between them tells how much was cut.  `changed` is when the home first changed,
    in seconds from the start, where that was watched.  `killed` tells whether the kill that was asked for ended it.
    `strays` are the names of processes that still lived a moment after it had ended by itself.
    `told` is the report of the supervisor, see `harness.supervised`.
    """

    status: int | None
    signal: int | None
    timed_out: bool
    seconds: float
    stdout: bytes
    stderr: bytes
    report: bytes | None
    litter: tuple[str, ...] = ()
    changed: float | None = None
    killed: bool = False
    strays: tuple[str, ...] = ()
    told: bytes = b""


@dataclass(frozen=True, slots=True)
class Line:
    """One request and its answer: when it was sent and answered, in seconds from the start, None and nothing without one.

    With `cut` the client got only the first half of it, and then the end of its input.
    """

    sent: float
    answered: float | None
    cut: bool
    answer: bytes


@dataclass(frozen=True, slots=True)
class Conversed:
    """What clients were asked and answered, for each client a line a request; and how each ended, None for a timeout.

    A status below zero is a signal's.  `landed` tells whether the blow that was asked for has hit its client.
    """

    lines: tuple[tuple[Line, ...], ...]
    statuses: tuple[int | None, ...]
    stderr: tuple[bytes, ...]
    seconds: float
    landed: bool
    litter: tuple[str, ...]
    strays: tuple[str, ...]


class Session:
    """A sandbox in use, a context manager.

    `support` is where the support folder is seen inside, if one was given; `level` is how strong the walls
    are.
    """

    def __init__(
        self,
        level: Level,
        wire: Wire,
        *,
        support: str | None = None,
        limits: Mapping[str, int] | None = None,
        cleanup: Callable[[], object] = lambda: None,
    ) -> None:
        """The runner at the other end of the wire has answered; else everything is closed again.

        Raises:
            SandboxError: it has not.
        """
        self.level, self.support = level, support
        self._limits, self._cleanup = dict(limits or {}), cleanup
        self._channel = Channel(wire)
        self._root, self._blobs = "", Blobs()
        try:
            self._channel.tell(resident.opening())
            self.about, _ = self._channel.ask("hello", patience=30)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """The sandbox is gone, and all that ran and lay in it."""
        try:
            self._channel.close()
        finally:
            self._cleanup()

    @property
    def supervises(self) -> bool:
        """Tells whether programs can run under supervision in it, so that faults can be placed at operations."""
        return bool(self.about["supervises"])

    def root_for(self, user: str = "u") -> str:
        """Returns where the home of a user lies for the system under test."""
        return f"{self.about['homes']}/{user}"

    def lay_out(self, home: Home) -> None:
        """The home is laid out at its root; of earlier cases nothing is left, neither files nor holders.

        Raises:
            SandboxError: it has a root that is not `root_for` some user, lacks contents, or does not fit.
        """
        digests = {entry.digest for entry in home.entries.values() if entry.kind == "file"}
        lacking = digests - home.blobs.keys()
        if lacking:
            path = next(path for path, entry in home.entries.items() if entry.digest in lacking)
            raise SandboxError(f"{path}: its content is not held, so the home cannot be laid out")
        rows = home.manifest()
        known: set[str] = set()
        if self._root:
            known = digests & self._blobs.keys()  # probably still cached there
        reply = self._send(home, rows, sorted(digests - known))
        if reply.get("missing"):
            reply = self._send(home, rows, sorted(digests))
        self._root, self._blobs = home.root, home.blobs

    def _send(self, home: Home, rows: list[list[Any]], digests: list[str]) -> dict[str, Any]:
        pieces = [home.blobs[digest] for digest in digests]
        sizes = [[digest, len(piece)] for digest, piece in zip(digests, pieces, strict=True)]
        return self._channel.ask("lay_out", pieces, root=home.root, rows=rows, blobs=sizes)[0]

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        timeout: float,
        stdin: bytes = b"",
        watch: bool = False,
        kill_after: float | None = None,
        since_change: bool = False,
        orders: Mapping[str, Any] | None = None,
    ) -> Ran:
        """Returns how the command ended; by then nothing that it started is left.

        With `orders` it runs under supervision, see `harness.supervised`.  With `watch` it is noted when the home
        first changes.  `kill_after` so many seconds the command and all that it started get SIGKILL: counted from its
        start, or with `since_change` from that first change.

        It runs in the home, in an environment of its own: HOME, USER, PATH, TMPDIR, LANG=C.UTF-8, TZ=UTC,
        PYTHONHASHSEED=0, PYTHONDONTWRITEBYTECODE=1, MIGRATION_REPORT, and what `env` adds.

        Raises:
            RefusedError: there is no such command.
            SandboxError: the sandbox broke.
        """
        reply, payload = self._channel.ask(
            "run",
            [stdin],
            patience=timeout + _GRACE,
            argv=list(argv),
            env=dict(env or {}),
            timeout=timeout,
            limits=self._limits,
            watch=watch or since_change,
            kill_after=kill_after,
            since_change=since_change,
            orders=dict(orders or {}),
        )
        return _ran(reply, payload)

    def converse(
        self,
        argv: Sequence[str],
        requests: Sequence[Sequence[str]],
        *,
        env: Mapping[str, str] | None = None,
        timeout: float,
        blow: Mapping[str, Any] | None = None,
    ) -> Conversed:
        """Returns what so many clients of a command answered, each to its own requests; by then nothing is left of them.

        A request is one line of ASCII.  `blow` is what befalls one of the clients, see `inside.clients.Blow`.  The
        surroundings are those of `run`; `timeout` is for the whole conversation.

        Raises:
            RefusedError: there is no such command.
            SandboxError: the sandbox broke.
        """
        asked = [json.dumps([list(lines) for lines in requests]).encode("ascii")]
        how = {"env": dict(env or {}), "timeout": timeout, "limits": self._limits, "blow": dict(blow or {})}
        reply, payload = self._channel.ask(
            "converse", asked, patience=timeout + _GRACE, argv=list(argv), **how
        )
        return _conversed(reply, payload)

    def observe(self) -> Home:
        """Returns a picture of the home, which it leaves untouched; contents are shared with the one laid out.

        Files above 64 MiB come without content, see `ContentNotHeldError`.
        """
        reply, payload = self._channel.ask("observe")
        start = 0
        for digest, size in reply["blobs"]:
            self._blobs[digest] = payload[start : start + size]
            start += size
        return Home.from_manifest(self._root, reply["rows"], self._blobs)

    def hold(self, holder: Holder) -> int:
        """Returns the process id, as seen inside, of a holder that holds until `release` or `lay_out`.

        Raises:
            RefusedError: it cannot hold; for a database, the message is SQLite's.
        """
        reply, _ = self._channel.ask("hold", **request_of(holder))
        return int(reply["pid"])

    def release(self, *, kill: bool = False) -> None:
        """Nothing is held: databases were closed in order, or with `kill` their holders died holding them."""
        self._channel.ask("release", kill=kill)


def _conversed(reply: dict[str, Any], payload: bytes) -> Conversed:
    """Returns a conversation as the runner told it."""
    place, lines = 0, []
    for rows in reply["said"]:
        said = []
        for sent, answered, cut, size in rows:
            said.append(Line(sent, answered, cut, payload[place : place + size]))
            place += size
        lines.append(tuple(said))
    errors = []
    for size in reply["sizes"]:
        errors.append(payload[place : place + size])
        place += size
    return Conversed(
        tuple(lines),
        tuple(reply["statuses"]),
        tuple(errors),
        reply["seconds"],
        reply["landed"],
        tuple(reply["litter"]),
        tuple(reply["strays"]),
    )


def _ran(reply: dict[str, Any], payload: bytes) -> Ran:
    """Returns a run as the runner told it."""
    status, sizes = reply["status"], reply["sizes"]
    out, err, told = accumulate(sizes[:3])
    return Ran(
        status=status if status is not None and status >= 0 else None,
        signal=-status if status is not None and status < 0 else None,
        timed_out=status is None,
        seconds=reply["seconds"],
        stdout=payload[:out],
        stderr=payload[out:err],
        report=payload[told:] if len(sizes) > 3 else None,
        litter=tuple(reply["litter"]),
        changed=reply["changed"],
        killed=reply["killed"],
        strays=tuple(reply["strays"]),
        told=payload[err:told],
    )


class Opener(Protocol):
    """Opens a sandbox of one level; sizes are in MiB."""

    def __call__(
        self,
        *,
        support: Any = None,
        image: str | None = None,
        memory_mb: int = 512,
        pids: int = 128,
        home_mb: int = 256,
    ) -> Session:
        """Returns a session; raises SandboxError when there can be none."""
