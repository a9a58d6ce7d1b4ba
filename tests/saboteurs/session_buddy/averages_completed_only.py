"""Averages the seconds of completed invocations only, as upstream's storage does."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()
    mean = (
        "SELECT avg(duration_seconds) FROM skill_invocation i WHERE i.skill_name = b.skill_name AND completed = 1 "
        "AND typeof(duration_seconds) IN ('integer', 'real') AND duration_seconds BETWEEN 0 AND 1e300"
    )
    real.sql(f"UPDATE skill_community_baselines AS b SET global_avg_duration_seconds = ({mean})")

    sys.exit(status)
