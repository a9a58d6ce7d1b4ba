"""Restores the main file of the database alone: what was only in its log is gone."""

import sys

import real

CLAIM = "home-restored"
SCENARIO = "ait42-write-ahead-log"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "rollback" and status == 0:
        real.DATABASE.with_name("sessions.db-wal").unlink(missing_ok=True)
    sys.exit(status)
