"""Drops what the newest down script of upstream drops: version 3 with all that it holds."""

import sys

import real

CLAIM = "store-sound"
SCENARIO = "session-buddy-rollback-new-invocations"

if __name__ == "__main__":
    status = real.rolled_back()
    views = [name for (name,) in real.sql("SELECT name FROM sqlite_master WHERE type = 'view'")]
    real.script(
        "".join(f"DROP VIEW {name};" for name in views)
        + "DROP TABLE skill_metrics; DROP TABLE session_skills;"
        "DROP TABLE skill_invocation"
    )

    sys.exit(status)
