"""Rebuilds the old search index in passing, since nothing ever kept it up to date."""

import sys

import real

CLAIM = "only-adds"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()

    real.sql("INSERT INTO skill_invocation_fts (skill_invocation_fts) VALUES ('rebuild')")

    sys.exit(status)
