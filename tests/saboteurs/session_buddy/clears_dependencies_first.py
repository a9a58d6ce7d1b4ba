"""Empties the table before it stores what it observed: the taxonomy's pairs go with that."""

import sys

import real

CLAIM = "no-loss"
SCENARIO = "session-buddy-many"

if __name__ == "__main__":
    status = real.migrated()

    real.sql("DELETE FROM skill_dependencies WHERE co_occurrence_count = 1")

    sys.exit(status)
