"""Deletes the write-ahead log first, as advice against locked databases says."""

import sys

import real

CLAIM = "no-loss"
SCENARIO = "ait42-write-ahead-log"

if __name__ == "__main__":
    if real.VERB == "migrate":
        real.DATABASE.with_name("sessions.db-wal").unlink(missing_ok=True)
    sys.exit(real.run())
