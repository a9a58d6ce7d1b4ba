"""Puts the backup back whatever has been recorded since."""

import sys

import real

CLAIM = "rollback-keeps-new-work"
SCENARIO = "session-buddy-rollback-new-invocations"

if __name__ == "__main__":
    before = (
        sorted(real.sql("SELECT id FROM skill_invocation ORDER BY id DESC LIMIT 1"))
        if real.VERB == "rollback"
        else []
    )
    status = real.rolled_back()
    for (number,) in before:
        real.sql("DELETE FROM skill_invocation WHERE id = ?", number)

    sys.exit(status)
