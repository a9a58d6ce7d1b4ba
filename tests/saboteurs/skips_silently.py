"""Leaves skipped records out of its report: nobody learns that they stayed behind."""

import sys
from typing import Any

import real

CLAIM = "accounted-for"
SCENARIO = "ao-terminated-sessions"


def forget(report: dict[str, Any]) -> None:
    report["records"] = [row for row in report["records"] if row["outcome"] != "skipped"]
    report["counts"]["read"] -= report["counts"]["skipped"]
    report["counts"]["skipped"] = 0


if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate" and status in {0, 4}:
        real.edit_report(forget)
    sys.exit(status)
