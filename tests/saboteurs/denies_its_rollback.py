"""Says after a rollback that nothing was changed, as it does where there is nothing to take back."""

import sys

import real

CLAIM = "report-is-honest"
SCENARIO = "ao-rollback-exact"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "rollback" and status == 0:
        real.edit_report(lambda report: report.update(changed=False))
    sys.exit(status)
