"""Joins invocations with invocations, so that a session counts once for each pair of its rows."""

import sys

import real

CLAIM = "store-sound"
SCENARIO = "session-buddy-pairs"

if __name__ == "__main__":
    status = real.migrated()

    real.sql(
        "UPDATE skill_dependencies SET co_occurrence_count = (SELECT count(*) FROM skill_invocation a "
        "JOIN skill_invocation b USING (session_id) WHERE a.skill_name = skill_a AND b.skill_name = skill_b) "
        "WHERE co_occurrence_count > 1"
    )

    sys.exit(status)
