"""Forgets a table on the way back."""

import sys

import real

CLAIM = "rollback-takes-back"
SCENARIO = "session-buddy-rollback-new-invocations"

if __name__ == "__main__":
    status = real.rolled_back()
    real.script("CREATE TABLE skill_clusters (cluster_id INTEGER PRIMARY KEY, cluster_name TEXT)")

    sys.exit(status)
