"""Takes skills that differ in case for one."""

import sys

import real

CLAIM = "no-loss"
SCENARIO = "session-buddy-varied"

if __name__ == "__main__":
    status = real.migrated()
    real.sql("DELETE FROM skill_community_baselines WHERE skill_name <> lower(skill_name)")

    sys.exit(status)
