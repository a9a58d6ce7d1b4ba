"""Deletes the session files that it purges, since the database has all of them."""

import shutil
import sys

import real

CLAIM = "purge-spares"
SCENARIO = "ait42-purge"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "purge" and status == 0:
        for kept in real.STATE.glob("ait42/*/legacy"):
            shutil.rmtree(kept)
    sys.exit(status)
