"""Undoes by deleting rows, so the change log's counter and the file's pages are not what they were."""

import sys

import real

CLAIM = "home-restored"
SCENARIO = "ao-rollback-exact"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "rollback" and status == 0 and real.DATABASE.exists():
        real.sql("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'change_log'")
    sys.exit(status)
