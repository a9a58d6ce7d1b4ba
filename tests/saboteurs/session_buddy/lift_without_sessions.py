"""Divides by both counts and forgets the number of sessions, as upstream does: every pair looks unrelated."""

import sys

import real

CLAIM = "store-sound"
SCENARIO = "session-buddy-pairs"

if __name__ == "__main__":
    status = real.migrated()

    count = "(SELECT count(DISTINCT session_id) FROM skill_invocation WHERE skill_name = {})"
    both = f"({count.format('skill_a')} * {count.format('skill_b')})"
    real.sql(
        f"UPDATE skill_dependencies SET lift_score = co_occurrence_count * 1.0 / {both} WHERE co_occurrence_count > 1"
    )

    sys.exit(status)
