"""Takes every status that the target does not know for a failure."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "ait42-odd-values"

if __name__ == "__main__":
    status = real.migrated()
    real.sql(
        "UPDATE sessions SET status = 'failed' WHERE id IN "
        "(SELECT entity_id FROM migration_issues WHERE reason = 'status-replaced' AND entity = 'session')"
    )
    sys.exit(status)
