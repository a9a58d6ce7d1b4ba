"""Takes a duration that is not there for zero seconds."""

import sys

import real

CLAIM = "store-sound"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()

    real.sql(
        "UPDATE skill_community_baselines AS b SET global_avg_duration_seconds = (SELECT avg(coalesce("
        "duration_seconds, 0)) FROM skill_invocation WHERE skill_name = b.skill_name)"
    )

    sys.exit(status)
