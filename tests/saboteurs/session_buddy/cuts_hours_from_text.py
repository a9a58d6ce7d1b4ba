"""Takes the first letters of a time for its hour, whatever zone the text ends with."""

import sys

import real

CLAIM = "no-loss"
SCENARIO = "session-buddy-times"

if __name__ == "__main__":
    status = real.migrated()

    real.sql(
        "UPDATE skill_time_series AS t SET timestamp = (SELECT replace(substr(invoked_at, 1, 13), ' ', 'T') || ':00:00' "
        "FROM skill_invocation i WHERE i.skill_name = t.skill_name AND "
        "strftime('%Y-%m-%dT%H:00:00', invoked_at) = t.timestamp AND length(invoked_at) > 13 LIMIT 1) "
        "WHERE EXISTS (SELECT 1 FROM skill_invocation i WHERE i.skill_name = t.skill_name AND "
        "strftime('%Y-%m-%dT%H:00:00', invoked_at) = t.timestamp AND length(invoked_at) > 13)"
    )

    sys.exit(status)
