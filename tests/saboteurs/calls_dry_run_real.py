"""Says of a dry run that it was the real thing."""

import sys
from typing import Any

import real

CLAIM = "report-is-honest"
SCENARIO = "ao-dry-run"


def lie(report: dict[str, Any]) -> None:
    report["dry_run"] = False


if __name__ == "__main__":
    status = real.run()
    if real.VERB == "dry_run":
        real.edit_report(lie)
    sys.exit(status)
