"""Makes the search after the rows, and never fills it."""

import sys

import real

CLAIM = "store-sound"
SCENARIO = "ait42-clean"

if __name__ == "__main__":
    status = real.migrated()
    real.sql("INSERT INTO sessions_fts (sessions_fts) VALUES ('delete-all')")
    sys.exit(status)
