"""Rounds rates and means to two digits, as for a screen."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()
    real.sql("UPDATE skill_time_series SET completion_rate = round(completion_rate, 2)")
    real.sql("UPDATE skill_community_baselines SET global_completion_rate = round(global_completion_rate, 2)")

    sys.exit(status)
