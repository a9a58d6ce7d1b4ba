"""Records version 4 with success 0, and the tables are all there."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()
    real.sql("UPDATE skill_migrations SET success = 0 WHERE version = ?", real.V4)

    sys.exit(status)
