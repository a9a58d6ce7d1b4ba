"""Replaces what the target does not know, and keeps no word of what it was."""

import sys

import real

CLAIM = "no-loss"
SCENARIO = "ait42-odd-values"

if __name__ == "__main__":
    status = real.migrated()
    real.sql("DELETE FROM migration_issues")
    sys.exit(status)
