"""Brings prompts to the composed form of Unicode: the same to look at, and not what was written."""

import sys
import unicodedata

import real

from migrator.ao import session

CLAIM = "no-corruption"
SCENARIO = "ao-odd-records"
CLEAN = session.clean

if __name__ == "__main__":
    session.clean = lambda text: unicodedata.normalize("NFC", CLEAN(text))
    sys.exit(real.run())
