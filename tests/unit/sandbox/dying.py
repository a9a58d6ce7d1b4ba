"""A harness in a process of its own that can be killed in the middle of a run."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Self

PROGRAM = """
import sys
from harness.home import Home
from harness.sandbox.choose import choose
level, image, mark = sys.argv[1:]
with choose(level, image or None).open() as session:
    session.lay_out(Home.empty(session.root_for()))
    print(session.run(["python3", "-c", "import socket; print(socket.gethostname())"], timeout=20).stdout.decode().strip())
    sys.stdout.flush()
    session.run(["python3", "-c", f"import time; time.sleep(600)  # {mark}"], timeout=600)
"""


class Harness:
    """It has a session open, and in it runs a command whose command line has `mark`; kill it."""

    def __init__(self, level: str, image: str | None, mark: str) -> None:
        argv = [sys.executable, "-c", PROGRAM, level, image or "", mark]
        self._child = subprocess.Popen(argv, stdout=subprocess.PIPE)
        assert self._child.stdout
        self.host = self._child.stdout.readline().decode().strip()  # in a container: the start of its id
        until = time.monotonic() + 20
        while len(_processes_with(mark)) < 2:  # the harness itself has it too
            assert time.monotonic() < until, "the command did not start"
            time.sleep(0.01)

    def kill(self) -> None:
        self._child.kill()
        self._child.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        assert self._child.stdout
        self._child.stdout.close()


def vanished(mark: str, *, seconds: float) -> bool:
    """Tells whether within some seconds there is no process with the mark on its command line."""
    until = time.monotonic() + seconds
    while _processes_with(mark):
        if time.monotonic() >= until:
            return False
        time.sleep(0.01)
    return True


def _processes_with(mark: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue  # it ended meanwhile
    return found
