"""One open sandbox: lay a home out, run commands on it, observe what became of it."""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol, Self

from harness.home import Blobs, Home, digest_of_holes
from harness.sandbox import resident
from harness.sandbox.channel import Channel, SandboxError, Wire
from harness.sandbox.ended import Conversed, Ran, conversed, ran
from harness.sandbox.holders import Holder, request_of

Level = Literal["container", "bubblewrap", "namespaces", "bare"]

_COLD = frozenset({"record", "clock"})  # orders under which nothing starts warm
_GRACE = 60.0  # seconds that the runner may take beyond a command's time limit, to end what it left


class Session:
    """A sandbox in use, a context manager.

    `support` is where the support folder is seen inside, if one was given; `level` is how strong the walls
    are.  Commands in Python may find the modules `warm` imported: each is the fork of an interpreter that waits, see
    `inside.warm`.  As long as it is empty every command starts cold; one that is recorded, has little memory or another
    clock always does.
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
        self.warm: tuple[str, ...] = ()
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

    @property
    def limits(self) -> Mapping[str, int]:
        """What can be had too little of in it, and how much there is: KiB of ``disk``, a number of ``inodes``."""
        found: Mapping[str, int] = self.about["limits"]
        return found

    def root_for(self, user: str = "u") -> str:
        """Returns where the home of a user lies for the system under test."""
        return f"{self.about['homes']}/{user}"

    def lay_out(self, home: Home) -> None:
        """The home is laid out at its root; of earlier cases nothing is left, neither files nor holders.

        Files of zero bytes alone whose content is not held become sparse ones, see `Home.with_holes`.

        Raises:
            SandboxError: it has a root that is not `root_for` some user, lacks contents, or does not fit.
        """
        found = {path: entry for path, entry in home.entries.items() if entry.kind == "file"}
        for path, entry in found.items():
            if entry.digest not in home.blobs and entry.digest != digest_of_holes(entry.size):
                raise SandboxError(f"{path}: its content is not held, so the home cannot be laid out")
        digests = {entry.digest for entry in found.values()} & home.blobs.keys()
        rows = home.manifest()
        known: set[str] = set()
        if self._root:
            known = digests & self._blobs.keys()  # probably still cached there
        reply = self._send(home, rows, sorted(digests - known))
        if reply.get("missing"):
            reply = self._send(home, rows, sorted(digests))
        self._root, self._blobs = home.root, home.blobs

    def _send(self, home: Home, rows: list[list[Any]], digests: list[str]) -> dict[str, Any]:
        holes = [row[5] for row in rows if row[1] == "file" and row[5] not in home.blobs]
        pieces = [home.blobs[digest] for digest in digests]
        sizes = [[digest, len(piece)] for digest, piece in zip(digests, pieces, strict=True)]
        return self._channel.ask("lay_out", pieces, root=home.root, rows=rows, blobs=sizes, holes=holes)[0]

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
        left: Mapping[str, int] | None = None,
    ) -> Ran:
        """Returns how the command ended; by then nothing that it started is left.

        With `orders` it runs under supervision, see `harness.supervised`.  With `watch` it is noted when the home
        first changes.  `kill_after` so many seconds the command and all that it started get SIGKILL: counted from its
        start, or with `since_change` from that first change.

        Only what is `left` it can have: KiB of ``disk`` and ``inodes`` where the homes lie, as far as `limits` has them, and
        KiB of ``memory`` for each process, data and stacks (RLIMIT_DATA).

        It runs in the home, in an environment of its own: HOME, USER, PATH, TMPDIR, LANG=C.UTF-8, TZ=UTC,
        PYTHONHASHSEED=0, PYTHONDONTWRITEBYTECODE=1, MIGRATION_REPORT, and what `env` adds.

        Raises:
            RefusedError: there is no such command.
            SandboxError: the sandbox broke.
        """
        scarce = dict(left or {})
        memory = {"RLIMIT_DATA": scarce.pop("memory") << 10} if "memory" in scarce else {}
        reply, payload = self._channel.ask(
            "run",
            [stdin],
            patience=timeout + _GRACE,
            argv=list(argv),
            env=dict(env or {}),
            timeout=timeout,
            limits=self._limits | memory,
            left=scarce,
            watch=watch or since_change,
            kill_after=kill_after,
            since_change=since_change,
            orders=dict(orders or {}),
            warm=[] if memory or (orders and orders["act"] in _COLD) else list(self.warm),
        )
        return ran(reply, payload)

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
        return conversed(reply, payload)

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


class Opener(Protocol):
    """Opens a sandbox of one level; sizes are in MiB.  Of `home_files` 0 means as many as there can be."""

    def __call__(
        self,
        *,
        support: Any = None,
        image: str | None = None,
        memory_mb: int = 512,
        pids: int = 128,
        home_mb: int = 256,
        home_files: int = 0,
    ) -> Session:
        """Returns a session; raises SandboxError when there can be none."""
