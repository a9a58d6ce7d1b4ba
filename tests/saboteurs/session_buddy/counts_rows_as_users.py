"""Counts rows where it should count sessions."""

import sys

import real

CLAIM = "store-sound"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()

    real.sql("UPDATE skill_community_baselines SET total_users = total_invocations")

    sys.exit(status)
