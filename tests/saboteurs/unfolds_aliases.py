"""Sets no bound to the aliases of YAML: a registry of half a kilobyte may stand for hundreds of millions of values."""

import sys

import real

from migrator.ao import yaml12

CLAIM = "ends-as-expected"
SCENARIO = "ao-refuses-hostile-homes"

if __name__ == "__main__":
    yaml12.MAX_ALIASES = sys.maxsize
    sys.exit(real.run())
