"""Steps through the hours with both ends included: what lies on the full hour is counted in two."""

import sys

import real

CLAIM = "store-sound"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()

    real.sql(
        "INSERT INTO skill_time_series (skill_name, timestamp, invocation_count) "
        "SELECT skill_name, timestamp, invocation_count FROM skill_time_series WHERE id % 2 = 1"
    )

    sys.exit(status)
