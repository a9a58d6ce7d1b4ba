"""Splits its script at every semicolon: the trigger's body falls apart and is never made."""

import sys

import real

CLAIM = "no-loss"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()

    real.sql("DROP TRIGGER trg_metrics_cache_after_insert")

    sys.exit(status)
