"""Exports the tables it knows of, and drops all 14."""

import sys

import real

CLAIM = "rollback-keeps-new-work"
SCENARIO = "session-buddy-rollback-own-work"

if __name__ == "__main__":
    status = real.rolled_back()
    for path in real.STATE.rglob("ab_test_outcomes.jsonl"):
        path.unlink()

    sys.exit(status)
