"""Switches the database to a write-ahead log, which its owner did not ask for."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "session-buddy-other-journal"

if __name__ == "__main__":
    status = real.migrated()

    real.sql("PRAGMA journal_mode = WAL")

    sys.exit(status)
