"""Maps the losers of a competition to failed, since the seed's check knows no archived."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "ait42-varied"

if __name__ == "__main__":
    status = real.migrated()
    real.sql("UPDATE instances SET status = 'failed' WHERE status = 'archived'")
    sys.exit(status)
