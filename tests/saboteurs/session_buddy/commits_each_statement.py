"""Runs its script statement by statement, each committed: where one fails, those before it stay."""

import sys

import real

CLAIM = "refusal-is-clean"
SCENARIO = "session-buddy-refuses-taken-names"

if __name__ == "__main__":
    if real.VERB == "migrate":
        real.script("CREATE TABLE IF NOT EXISTS skill_metrics_cache (skill_name TEXT PRIMARY KEY)")
    sys.exit(real.run())
