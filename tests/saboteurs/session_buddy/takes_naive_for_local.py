"""Takes a time without a zone for local time, in a zone that is an hour ahead."""

import sys

import real

CLAIM = "no-loss"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()

    real.sql(
        "UPDATE skill_time_series AS t SET timestamp = strftime('%Y-%m-%dT%H:00:00', timestamp, '-1 hour') WHERE EXISTS "
        "(SELECT 1 FROM skill_invocation i WHERE i.skill_name = t.skill_name AND length(invoked_at) IN (19, 26) AND "
        "strftime('%Y-%m-%dT%H:00:00', invoked_at) = t.timestamp)"
    )

    sys.exit(status)
