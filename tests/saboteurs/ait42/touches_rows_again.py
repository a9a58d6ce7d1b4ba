"""Upserts every row in every run, whether anything differs or not."""

import sys

import real

CLAIM = "rerun-is-noop"
SCENARIO = "ait42-rerun"

if __name__ == "__main__":
    status = real.migrated(idle=True)
    real.sql("UPDATE sessions SET task = task")
    sys.exit(status)
