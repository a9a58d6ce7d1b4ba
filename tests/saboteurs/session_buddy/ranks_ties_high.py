"""Ranks with `<=`: skills of one rate are each other's lower ones, and the only one is better than all."""

import sys

import real

CLAIM = "store-sound"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()

    real.sql(
        "UPDATE skill_community_baselines AS b SET effectiveness_percentile = 100.0 * (SELECT count(*) FROM "
        "skill_community_baselines o WHERE o.global_completion_rate <= b.global_completion_rate) / "
        "(SELECT count(*) FROM skill_community_baselines)"
    )

    sys.exit(status)
