"""Groups by phase without leaving out rows that have none, so that NULL is the most common one."""

import sys

import real

CLAIM = "store-sound"
SCENARIO = "session-buddy-many"

if __name__ == "__main__":
    status = real.migrated()

    real.sql(
        "UPDATE skill_community_baselines AS b SET most_common_workflow_phase = (SELECT workflow_phase FROM "
        "skill_invocation WHERE skill_name = b.skill_name GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)"
    )

    sys.exit(status)
