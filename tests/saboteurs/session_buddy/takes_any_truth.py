"""Takes every value but 0 for completed: 2, -1 and texts too."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "session-buddy-times"

if __name__ == "__main__":
    status = real.migrated()

    real.sql(
        "UPDATE skill_community_baselines AS b SET global_completion_rate = (SELECT avg(completed <> 0) FROM "
        "skill_invocation WHERE skill_name = b.skill_name)"
    )

    sys.exit(status)
