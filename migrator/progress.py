"""Steps and progress: events for machines on stdout, or a line now and then for a person on stderr."""

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

EVERY, QUIET_FOR = 1.0, 2.0  # seconds


class Say:
    """Speaks while work goes on; never raises, since a closed terminal must not stop a migration."""

    def __init__(self, *, as_json: bool) -> None:
        self._json, self._step = as_json, ""
        self._began = self._last = time.monotonic()

    def progress(self, done: int) -> None:
        """At most once a second, how far the step has come."""
        now = time.monotonic()
        if now - self._last >= EVERY:
            self._last = now
            self._event(event="progress", step=self._step, done=done)
            if not self._json and now - self._began > QUIET_FOR:
                self._line(sys.stderr, f"{self._step}: {done}")

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Work inside belongs to this step."""
        self._step, self._began = name, time.monotonic()
        self._event(event="step", step=name, phase="begin")
        yield
        self._event(event="step", step=name, phase="end", seconds=round(time.monotonic() - self._began, 3))

    def _event(self, **facts: Any) -> None:
        if self._json:
            self._line(sys.stdout, json.dumps(facts))

    @staticmethod
    def _line(stream: Any, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            stream.write(text + "\n")
            stream.flush()
