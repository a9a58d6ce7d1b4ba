"""The resident runner: answers requests about one home after another until its host is gone.

Frames on stdin and stdout: one line of ASCII JSON whose ``bytes`` tells how many raw bytes follow it; one
reply to each request.  ``refused`` in a reply is a definite no, after which the runner goes on.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from harness.sandbox.inside.ballast import ballast, free, sorts
from harness.sandbox.inside.clients import Blow, Clients
from harness.sandbox.inside.command import Command
from harness.sandbox.inside.holding import Holders
from harness.sandbox.inside.picture import KEPT_FILE, Picture
from harness.sandbox.inside.processes import HostGoneError, Processes
from harness.sandbox.inside.strays import end_strays
from harness.sandbox.inside.tracing import known_here
from harness.sandbox.inside.tree import (
    Content,
    RefusedError,
    check,
    check_root,
    empty,
    lay_out,
    mounted_below,
    place,
    ways,
    write,
)

CACHED_FILE, CACHED_ALL = 256 << 10, 32 << 20  # bytes of contents kept here, so that a home travels only once
_REPORT = "migration-report.json"
_LITTER = 100  # names told

_Request = dict[str, Any]
_Reply = tuple[_Request, list[bytes]]


class Runner:
    """One conversation: the home laid out, the contents both sides know, the processes held."""

    def __init__(self, homes: str, tmp: str, fence: str, requests: BinaryIO) -> None:
        self._homes, self._tmp, self._fence, self._requests, self._root = homes, tmp, fence, requests, ""
        self.folders = [homes, tmp]  # where cases leave traces
        if tmp == "/tmp":  # noqa: S108 - then everything is the sandbox's own, /dev/shm too
            self.folders.append("/dev/shm")  # noqa: S108
        self.mounts = mounted_below(self.folders)
        self._cache: dict[str, bytes] = {}
        self._cached = 0  # bytes in it
        self._told: set[str] = set()  # digests of what the host has
        self.processes, self.holders = Processes(requests.fileno()), Holders()

    def serve(self, replies: BinaryIO) -> None:
        """Answers until the end of the requests."""
        answers = {
            "hello": self.hello,
            "lay_out": self.lay_out,
            "observe": self.observe,
            "run": self.run,
            "converse": self.converse,
            "hold": self.hold,
            "release": self.release,
        }
        while line := self._requests.readline():
            request = json.loads(line)
            payload = self._requests.read(request["bytes"])
            try:
                reply, pieces = answers[request["op"]](request, payload)
            except (RefusedError, OSError) as error:
                reply, pieces = {"refused": str(error)}, []
            reply["bytes"] = sum(map(len, pieces))
            replies.write(json.dumps(reply).encode("ascii") + b"\n")
            replies.writelines(pieces)
            replies.flush()

    def hello(self, _: _Request, __: bytes) -> _Reply:
        """Tells where this is."""
        reply = {
            "python": sys.version.split()[0],
            "uid": os.getuid(),
            "pid": os.getpid(),
            "supervises": known_here(),
            "limits": {sort: free(self._homes, sort) for sort in sorts(self._homes)},
        }
        return {**reply, "homes": self._homes, "tmp": self._tmp, "path": os.environ.get("PATH", "")}, []

    def lay_out(self, request: _Request, payload: bytes) -> _Reply:
        """The home is exactly as the manifest says, and nothing of an earlier case is left.

        If contents are missing that neither came along nor are known here, only says which.
        """
        root, rows = request["root"], request["rows"]
        check_root(root, self._homes, self.mounts)
        contents: dict[str, Content] = dict(self._cache)
        view, start = memoryview(payload), 0
        for digest, size in request["blobs"]:
            contents[digest] = view[start : start + size]
            start += size
        contents.update(dict.fromkeys(request["holes"], b""))  # the rows tell how large they are
        missing = {row[5] for row in rows if row[1] == "file"} - contents.keys()
        if missing:
            return {"missing": sorted(missing)}, []
        check(root, rows)
        self._root = ""
        self.holders.release(kill=True)
        for folder in self.folders:
            empty(folder, self.mounts)
            os.chmod(folder, 0o755 if folder == self._homes else 0o1777)
        lay_out(root, rows, contents)
        self._root, self._told = root, {row[5] for row in rows}
        for digest, _ in request["blobs"]:
            self._remember(digest, bytes(contents[digest]))
        return {}, []

    def observe(self, _: _Request, __: bytes) -> _Reply:
        """Gives the rows of the home, and the contents that the host does not have."""
        picture = Picture(self._laid_out(), self._told)
        for digest, content in picture.blobs:
            self._remember(digest, content)
        names = [[digest, len(content)] for digest, content in picture.blobs]
        return {"rows": picture.rows, "blobs": names}, [content for _, content in picture.blobs]

    def run(self, request: _Request, payload: bytes) -> _Reply:
        """Gives how the command ended; pieces are stdout, stderr and, if it wrote one, its report."""
        root, report = self._laid_out(), f"{self._tmp}/{_REPORT}"
        _remove(report)
        command = Command(
            request["argv"],
            self._environment(request),
            root,
            payload,
            request["timeout"],
            request["limits"],
            self._fence,
            root if request["watch"] else "",
            request["kill_after"],
            request["since_change"],
            request["orders"],
            root,
            self._told if request["orders"].get("pictures") else set(),
            tuple(request["warm"]),
        )
        known = set(self._outside())
        with ballast(self._homes, request["left"]):
            ended = self.processes.run(command, self.holders.held)
        pieces = [ended.stdout, ended.stderr, ended.told]
        with contextlib.suppress(OSError):  # none was written
            pieces.append(_report(report))
        sizes = [len(piece) for piece in pieces]
        litter = sorted(set(self._outside()) - known - {report})[:_LITTER]
        how = {"status": ended.status, "seconds": ended.seconds, "changed": ended.changed}
        left = {"killed": ended.killed, "litter": litter, "strays": ended.strays}
        return {**how, **left, "sizes": sizes}, pieces

    def converse(self, request: _Request, payload: bytes) -> _Reply:
        """Gives what clients of one command were asked and answered; pieces are their answers and each one's stderr."""
        root = self._laid_out()
        _remove(f"{self._tmp}/{_REPORT}")
        command = Command(
            request["argv"],
            self._environment(request),
            root,
            b"",
            request["timeout"],
            request["limits"],
            self._fence,
        )
        lines = [[text.encode("ascii") + b"\n" for text in texts] for texts in json.loads(payload)]
        blow = Blow(**request["blow"]) if request["blow"] else None
        known = set(self._outside())
        held = Clients(self.processes, command, blow).converse(
            lines, {*self.holders.held, *self.processes.warm.pids()}
        )
        litter = sorted(set(self._outside()) - known - {f"{self._tmp}/{_REPORT}"})[:_LITTER]
        said = [[[*row[:3], len(row[3]), row[4]] for row in rows] for rows in held.said]
        sizes = [len(errors) for errors in held.errors]
        how = {"said": said, "statuses": held.statuses, "sizes": sizes, "seconds": held.seconds}
        answers = [row[3] for rows in held.said for row in rows]
        return {**how, "landed": held.landed, "litter": litter, "strays": held.strays}, [
            *answers,
            *held.errors,
        ]

    def _environment(self, request: _Request) -> dict[str, str]:
        return {
            **os.environ,  # what the image sets, or PATH alone
            "HOME": self._root,
            "USER": os.path.basename(self._root),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "TMPDIR": self._tmp,
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            **request["env"],
            "MIGRATION_REPORT": f"{self._tmp}/{_REPORT}",
        }

    def _outside(self) -> Iterator[str]:
        """Yields what lies at the top of the folders where commands may write."""
        for folder in (*self.folders, *self._shown()):
            with contextlib.suppress(OSError):  # a command took our permission away
                yield from (f"{folder}/{name}" for name in os.listdir(folder))

    def _shown(self) -> set[str]:
        """Returns the folders, of those where commands may write, that only lead to what is mounted there."""
        return {way for folder in self.folders for way in ways(folder, self.mounts)}

    def hold(self, request: _Request, _: bytes) -> _Reply:
        """A process lives, or holds a database open, until it is released."""
        root = self._laid_out()
        path = place(root, request["path"])
        if not os.path.realpath(path).startswith(os.path.realpath(root) + "/"):
            raise RefusedError(f"{path} leads out of the home")
        if request["kind"] == "database":
            return {"pid": self.holders.database(path, request["mode"])}, []
        pid = self.holders.process()
        os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
        write(path, os.fsencode(request["text"].replace("{pid}", str(pid))), 0o644)
        return {"pid": pid}, []

    def release(self, request: _Request, _: bytes) -> _Reply:
        """Nothing is held any more."""
        self.holders.release(kill=request["kill"])
        return {}, []

    def _laid_out(self) -> str:
        if not self._root:
            raise RefusedError("no home is laid out; lay one out first")
        return self._root

    def _remember(self, digest: str, content: bytes) -> None:
        if len(content) > CACHED_FILE or digest in self._cache:
            return
        self._cache[digest] = content
        self._cached += len(content)
        while self._cached > CACHED_ALL:
            self._cached -= len(self._cache.pop(next(iter(self._cache))))


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except IsADirectoryError:
        empty(path)
        os.rmdir(path)


def _report(path: str) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(fd, "rb") as file:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or status.st_size > KEPT_FILE:
            raise OSError(f"{path} is no report")
        return file.read(KEPT_FILE)


def main(homes: str, tmp: str, fence: str = "") -> None:
    """Serves until the host is gone; then all that was started is killed, and the folders are empty or gone.

    With `fence`, commands can write only below that folder.
    """
    runner = Runner(homes, tmp, fence, sys.stdin.buffer)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        runner.serve(sys.stdout.buffer)
    except (HostGoneError, BrokenPipeError):
        pass
    finally:
        runner.holders.release(kill=True)
        runner.processes.warm.end()
        end_strays(())
        for folder in runner.folders:
            empty(folder, runner.mounts)
        with contextlib.suppress(OSError):  # mount points stay, and go with their mount
            os.rmdir(homes)
            os.rmdir(tmp)
            os.rmdir(os.path.dirname(homes))
