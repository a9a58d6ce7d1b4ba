"""Exports what others made and does not say where: the report knows of no export."""

import sys

import real

CLAIM = "report-is-honest"
SCENARIO = "ao-rollback-new-work"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "rollback" and status == 0:
        real.edit_report(lambda report: report.update(export=None))
    sys.exit(status)
