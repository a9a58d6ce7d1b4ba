"""Records version 4 without a checksum, as upstream does."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()
    real.sql("UPDATE skill_migrations SET checksum = NULL WHERE version = ?", real.V4)

    sys.exit(status)
