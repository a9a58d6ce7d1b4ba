"""Writes each pair in both directions."""

import sys

import real

CLAIM = "no-invention"
SCENARIO = "session-buddy-pairs"

if __name__ == "__main__":
    status = real.migrated()
    real.sql(
        "INSERT OR IGNORE INTO skill_dependencies SELECT skill_b, skill_a, co_occurrence_count, lift_score, last_updated "
        "FROM skill_dependencies"
    )

    sys.exit(status)
