"""Inserts the hours again on every run: no key of the table forbids it."""

import sys

import real

CLAIM = "rerun-is-noop"
SCENARIO = "session-buddy-rerun"

if __name__ == "__main__":
    before = real.content()
    status = real.migrated(idle=True)
    if before == real.content():
        real.sql(
            "INSERT INTO skill_time_series (skill_name, timestamp, invocation_count, completion_rate, unique_sessions) "
            "SELECT skill_name, timestamp, invocation_count, completion_rate, unique_sessions FROM skill_time_series"
        )

    sys.exit(status)
