"""Stores rates from 0 to 100, as the older version's own table has them."""

import sys

import real

CLAIM = "store-sound"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()

    real.sql("UPDATE skill_community_baselines SET global_completion_rate = global_completion_rate * 100")

    sys.exit(status)
