"""Copies the database file alone: what was only in the log is in no backup."""

import sys

import real

CLAIM = "backup-first"
SCENARIO = "session-buddy-write-ahead-log"

if __name__ == "__main__":
    status = real.migrated()

    for path in real.STATE.rglob("*-wal"):
        path.unlink()

    sys.exit(status)
