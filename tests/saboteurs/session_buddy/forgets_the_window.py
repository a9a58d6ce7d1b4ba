"""Stores every hour there ever was, where 30 days are asked for."""

import sys

import real

CLAIM = "no-invention"
SCENARIO = "session-buddy-times"

if __name__ == "__main__":
    status = real.migrated()

    real.sql(
        "INSERT INTO skill_time_series (skill_name, timestamp, invocation_count) SELECT skill_name, "
        "strftime('%Y-%m-%dT%H:00:00', invoked_at), count(*) FROM skill_invocation "
        "WHERE invoked_at LIKE '____-__-__T%' AND datetime(invoked_at) < '2026-01-30 13:00:00' GROUP BY 1, 2"
    )

    sys.exit(status)
