"""Calls every file it could not use corrupt, empty reservations and ended sessions included."""

import sys
from typing import Any

import real

CLAIM = "accounted-for"
SCENARIO = "ao-corrupt-files"


def blame(report: dict[str, Any]) -> None:
    for row in report["records"]:
        if row["reason"]:
            row["reason"] = "corrupt-json"


if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate" and status in {0, 4}:
        real.edit_report(blame)
    sys.exit(status)
