"""Skips an empty file without counting it, neither as processed nor as an error."""

import sys

import real

CLAIM = "accounted-for"
SCENARIO = "ait42-corrupt-files"

if __name__ == "__main__":
    status = real.run()
    if real.VERB in {"migrate", "dry_run"}:
        real.edit_report(lambda report: real.forget(report, "empty-file"))
    sys.exit(status)
