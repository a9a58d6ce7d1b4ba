"""Begins the window an hour late: of 720 hours it has 719."""

import sys

import real

CLAIM = "no-loss"
SCENARIO = "session-buddy-times"

if __name__ == "__main__":
    status = real.migrated()
    real.sql("DELETE FROM skill_time_series WHERE timestamp = '2026-01-30T13:00:00'")

    sys.exit(status)
