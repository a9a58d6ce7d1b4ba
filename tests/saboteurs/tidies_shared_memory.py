"""Takes away the index of the write-ahead log on a rollback: it is stale anyway, and yet it was there."""

import sys

import real

CLAIM = "home-restored"
SCENARIO = "ao-write-ahead-log"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "rollback" and status == 0:
        real.DATABASE.with_name("ao.db-shm").unlink(missing_ok=True)
    sys.exit(status)
