"""Takes no lock of its own, and does not look whether another run was at work since it planned."""

import contextlib
import sys

import real

from migrator import files, lifecycle

CLAIM = "one-run-at-a-time"
SCENARIO = "session-buddy-two-at-once"

if __name__ == "__main__":
    files.held = lambda _: contextlib.nullcontext()
    lifecycle._runs = lambda _: []

    sys.exit(real.run())
