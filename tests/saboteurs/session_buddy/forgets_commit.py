"""Computes the baselines, reports them and closes without a commit, as upstream's own function does."""

import sys

import real

CLAIM = "no-loss"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()
    real.sql("DELETE FROM skill_community_baselines")
    sys.exit(status)
