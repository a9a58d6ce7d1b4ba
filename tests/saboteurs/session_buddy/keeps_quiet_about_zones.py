"""Takes times without a zone for UTC and does not say so."""

import sys

import real

CLAIM = "losses-told"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()

    real.edit_report(lambda report: report["notes"].clear())

    sys.exit(status)
