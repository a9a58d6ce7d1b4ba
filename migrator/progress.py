"""Steps and progress: events for machines on stdout, or, on stderr, a line for a person.

On a terminal the line is written over and over; in a log a new one comes now and then. Work that takes less than
two seconds says nothing.
"""

import contextlib
import json
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

EVERY, EVERY_IN_LOG, QUIET_FOR = 0.5, 10.0, 2.0  # seconds
REWRITE = "\r\x1b[K"  # to the start of the line, and clear it

T = TypeVar("T")


class Say:
    """Speaks while work goes on; never raises, since a closed terminal must not stop a migration."""

    def __init__(self, *, as_json: bool) -> None:
        self._json, self._step = as_json, ""
        self._terminal = not as_json and sys.stderr.isatty()
        self._every = EVERY if as_json or self._terminal else EVERY_IN_LOG
        self._shown = False
        self._began = self._next = time.monotonic()

    def progress(self, done: int, of: int = 0) -> None:
        """Now and then, how far the step has come; `of` how many, where that is known."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self._every
        if self._json:
            self._event(event="progress", step=self._step, done=done, **({"of": of} if of else {}))
        else:
            text = f"{self._step}: {done}{f' of {of}' if of else ''}"
            self._show(text)

    def tick(self) -> None:
        """Now and then, how long the step has taken: for work in which there is nothing to count."""
        now = time.monotonic()
        if not self._step or now < self._next:
            return
        self._next, seconds = now + self._every, int(now - self._began)
        if self._json:
            self._event(event="progress", step=self._step, seconds=seconds)
        else:
            self._show(f"{self._step}: {seconds} s so far")

    def counted(self, things: Iterable[T], of: int = 0) -> Iterator[T]:
        """The things, one after the other, with progress."""
        for number, thing in enumerate(things, 1):
            yield thing
            self.progress(number, of)

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Work inside belongs to this step."""
        self._step, self._began = name, time.monotonic()
        self._next = self._began + (EVERY if self._json else QUIET_FOR)
        self._event(event="step", step=name, phase="begin")
        try:
            yield
        finally:
            if self._terminal and self._shown:
                self._line(sys.stderr, REWRITE, "")
            self._step = ""
        self._event(event="step", step=name, phase="end", seconds=round(time.monotonic() - self._began, 3))

    def _show(self, text: str) -> None:
        self._line(sys.stderr, REWRITE + text if self._terminal else text, "" if self._terminal else "\n")
        self._shown = True

    def _event(self, **facts: Any) -> None:
        if self._json:
            self._line(sys.stdout, json.dumps(facts))

    @staticmethod
    def _line(stream: Any, text: str, end: str = "\n") -> None:
        with contextlib.suppress(OSError, ValueError):
            stream.write(text + end)
            stream.flush()
