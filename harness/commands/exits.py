"""The exit statuses of ``harness``; stable, documented in the README."""

from __future__ import annotations

from harness.verdict import Status

PASS = 0
FAIL = 1
USAGE = 2
UNKNOWN = 3
INTERRUPTED = 130

OF_STATUS = {Status.PASS: PASS, Status.FAIL: FAIL, Status.UNKNOWN: UNKNOWN, Status.NOT_OFFERED: UNKNOWN}
"""The exit status of ``run`` and ``judge`` for the worst case; ``gate`` has 4 (hold) and 5 (roll back) besides."""
