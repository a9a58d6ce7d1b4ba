"""Drops the tables and leaves their numbers in the bookkeeping of SQLite."""

import sys

import real

CLAIM = "rollback-takes-back"
SCENARIO = "session-buddy-rollback-new-invocations"

if __name__ == "__main__":
    status = real.rolled_back()
    real.sql("INSERT INTO sqlite_sequence VALUES ('skill_time_series', 9)")

    sys.exit(status)
