"""Looks only at names that fit, and never says what else lay there."""

import sys

import real

CLAIM = "accounted-for"
SCENARIO = "ait42-names"

if __name__ == "__main__":
    status = real.run()
    if real.VERB in {"migrate", "dry_run"}:
        real.edit_report(lambda report: real.forget(report, "unexpected-file"))
    sys.exit(status)
