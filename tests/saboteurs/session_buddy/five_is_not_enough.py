"""Asks for more than five sessions where five are enough."""

import sys

import real

CLAIM = "no-loss"
SCENARIO = "session-buddy-pairs"

if __name__ == "__main__":
    status = real.migrated()
    real.sql("DELETE FROM skill_dependencies WHERE co_occurrence_count = 5")

    sys.exit(status)
