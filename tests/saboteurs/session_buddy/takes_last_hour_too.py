"""Lets the hour after the last one in, as `<=` on its end does."""

import sys

import real

CLAIM = "no-invention"
SCENARIO = "session-buddy-times"

if __name__ == "__main__":
    status = real.migrated()
    real.sql(
        "INSERT INTO skill_time_series (skill_name, timestamp, invocation_count, completion_rate, unique_sessions) "
        "SELECT skill_name, '2026-03-01T13:00:00', count(*), 0.0, 1 FROM skill_invocation JOIN skill_metrics USING "
        "(skill_name) WHERE replace(invoked_at, ' ', 'T') LIKE '2026-03-01T13:%' GROUP BY 1"
    )

    sys.exit(status)
