"""Ranks among all skills that have metrics, also those that were never used."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "session-buddy-damaged-rows"

if __name__ == "__main__":
    status = real.migrated()
    real.sql(
        "UPDATE skill_community_baselines SET effectiveness_percentile = effectiveness_percentile * "
        "(SELECT count(*) FROM skill_community_baselines) / (SELECT count(*) FROM skill_metrics)"
    )

    sys.exit(status)
