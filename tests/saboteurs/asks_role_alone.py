"""Asks the record's own role only: an orchestrator whose lifecycle says what it is becomes a worker."""

import sys

import real

from migrator.ao import plan

CLAIM = "no-corruption"
SCENARIO = "ao-odd-records"
READ = plan.session

if __name__ == "__main__":
    plan.session = lambda raw, *rest: READ(raw, *rest)._replace(
        orchestrator=raw.get("role") == "orchestrator"
    )
    sys.exit(real.run())
