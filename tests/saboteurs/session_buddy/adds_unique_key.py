"""Adds a unique index against doubled hours, which upstream's own loop then fails on."""

import sys

import real

CLAIM = "no-invention"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()

    real.sql("CREATE UNIQUE INDEX idx_time_series_once ON skill_time_series (skill_name, timestamp)")

    sys.exit(status)
