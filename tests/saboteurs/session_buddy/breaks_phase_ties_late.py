"""Of two phases that are as frequent takes the later name, as `max` of pairs does."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "session-buddy-varied"

if __name__ == "__main__":
    status = real.migrated()
    most = (
        "SELECT workflow_phase FROM skill_invocation i WHERE i.skill_name = b.skill_name AND workflow_phase IS NOT NULL "
        "GROUP BY 1 ORDER BY count(*) DESC, workflow_phase DESC LIMIT 1"
    )
    real.sql(f"UPDATE skill_community_baselines AS b SET most_common_workflow_phase = ({most})")

    sys.exit(status)
