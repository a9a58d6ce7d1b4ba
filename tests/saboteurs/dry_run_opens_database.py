"""Opens the database to look at it, which moves its log into the main file."""

import sys

import real

CLAIM = "dry-run-is-clean"
SCENARIO = "ao-write-ahead-log"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "dry_run" and real.DATABASE.exists():
        real.sql("SELECT count(*) FROM sessions")
    sys.exit(status)
