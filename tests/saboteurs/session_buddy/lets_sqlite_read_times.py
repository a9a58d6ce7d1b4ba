"""Has SQLite read the times, which accepts Julian numbers, 30 February and a time of day alone."""

import sys

import real

CLAIM = "no-invention"
SCENARIO = "session-buddy-times"

if __name__ == "__main__":
    status = real.migrated()

    real.sql(
        "INSERT INTO skill_time_series (skill_name, timestamp, invocation_count) SELECT skill_name, hour, count(*) FROM "
        "(SELECT skill_name, strftime('%Y-%m-%dT%H:00:00', invoked_at) AS hour FROM skill_invocation) "
        "WHERE hour BETWEEN '2000' AND '2026-03-01T12:00:00' AND (skill_name, hour) NOT IN "
        "(SELECT skill_name, timestamp FROM skill_time_series) GROUP BY 1, 2"
    )

    sys.exit(status)
