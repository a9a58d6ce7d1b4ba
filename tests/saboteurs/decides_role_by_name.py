"""Takes every session whose name ends like an orchestrator's for one, whatever its record says."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "ao-odd-records"
BY_NAME = "UPDATE sessions SET kind = 'orchestrator' WHERE id LIKE '%-orchestrator'"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate":
        real.without_triggers([BY_NAME])
    sys.exit(status)
