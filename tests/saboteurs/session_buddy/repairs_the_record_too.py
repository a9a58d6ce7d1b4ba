"""Makes what a recorded version 4 lacks, and writes its record anew as if it had just been applied."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "session-buddy-repair"

if __name__ == "__main__":
    status = real.migrated()
    real.sql("UPDATE skill_migrations SET description = 'repaired' WHERE version = ?", real.V4)

    sys.exit(status)
