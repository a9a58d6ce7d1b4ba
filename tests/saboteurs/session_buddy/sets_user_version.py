"""Writes the new version into the file's header too, where upstream has 0."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()
    real.sql("PRAGMA user_version = 4")

    sys.exit(status)
