"""Steps and progress: events for machines on stdout, or a line now and then for a person on stderr."""

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

EVERY = 1.0
QUIET_FOR = 2.0


class Say:
    """Speaks while work goes on; never raises, since a closed terminal must not stop a migration."""

    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json
        self._step = ""
        self._began = self._last = time.monotonic()

    def event(self, **facts: Any) -> None:
        """One line of JSON is on stdout, when events were asked for."""
        if self._json:
            self._line(sys.stdout, json.dumps(facts))

    def progress(self, done: int, total: int | None = None) -> None:
        """At most once a second, how far the step has come."""
        now = time.monotonic()
        if now - self._last < EVERY:
            return
        self._last = now
        self.event(event="progress", step=self._step, done=done, total=total)
        if not self._json and now - self._began > QUIET_FOR:
            self._line(sys.stderr, f"{self._step}: {done}{f' of {total}' if total else ''}")

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Work inside belongs to this step."""
        self._step, self._began = name, time.monotonic()
        self.event(event="step", step=name, phase="begin")
        yield
        self.event(event="step", step=name, phase="end", seconds=round(time.monotonic() - self._began, 3))

    @staticmethod
    def _line(stream: Any, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            stream.write(text + "\n")
            stream.flush()
