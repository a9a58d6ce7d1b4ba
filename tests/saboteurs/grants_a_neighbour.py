"""Has no word for the permission `suggest` and takes the nearest, which lets agents edit without asking."""

import sys

import real

from migrator.ao import settings

CLAIM = "no-corruption"
SCENARIO = "ao-hostile-values"

if __name__ == "__main__":
    settings.PERMISSIONS["suggest"] = "accept-edits"
    sys.exit(real.run())
