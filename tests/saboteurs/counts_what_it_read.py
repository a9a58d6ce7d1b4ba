"""Reports as written what it only read."""

import sys
from typing import Any

import real

CLAIM = "report-is-honest"
SCENARIO = "ao-terminated-sessions"


def boast(report: dict[str, Any]) -> None:
    report["counts"]["written"] = report["counts"]["read"]


if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate" and status in {0, 4}:
        real.edit_report(boast)
    sys.exit(status)
