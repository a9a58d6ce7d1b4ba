"""Takes an empty phase for none, as `if phase:` does."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "session-buddy-damaged-rows"

if __name__ == "__main__":
    status = real.migrated()
    real.sql(
        "UPDATE skill_community_baselines SET most_common_workflow_phase = NULL WHERE most_common_workflow_phase = ''"
    )

    sys.exit(status)
