"""Fills the search with another number than that of the session's row, so that it finds a neighbour or nothing."""

import sys

import real

CLAIM = "store-sound"
SCENARIO = "ait42-clean"

if __name__ == "__main__":
    status = real.migrated()
    real.sql("INSERT INTO sessions_fts (sessions_fts) VALUES ('delete-all')")
    real.sql("INSERT INTO sessions_fts (rowid, task) SELECT rowid + 1, task FROM sessions")
    sys.exit(status)
