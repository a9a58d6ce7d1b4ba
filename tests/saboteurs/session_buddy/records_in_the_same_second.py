"""Records version 4 with the time of the latest record: by the order of times it may not be the newest."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "session-buddy-same-second"

if __name__ == "__main__":
    status = real.migrated()

    real.sql(
        "UPDATE skill_migrations SET applied_at = (SELECT max(applied_at) FROM skill_migrations WHERE version <> ?1) "
        "WHERE version = ?1",
        real.V4,
    )

    sys.exit(status)
