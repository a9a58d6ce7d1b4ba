"""Rolls back the version that comes first by time: with all in one second that is version 1, with all data."""

import sys

import real

CLAIM = "rollback-keeps-new-work"
SCENARIO = "session-buddy-same-second"

if __name__ == "__main__":
    status = real.rolled_back()
    real.script(
        "DROP VIEW v_session_skill_summary; DROP VIEW v_daily_skill_source; DROP TABLE skill_invocation"
    )

    sys.exit(status)
