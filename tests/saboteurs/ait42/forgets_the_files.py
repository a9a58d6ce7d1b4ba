"""Writes the database alone, and says that the files have it too."""

import sys

import real

from migrator.ait42.beside import Beside
from migrator.ait42.store import Store

CLAIM = "acknowledged-is-kept"
SCENARIO = "ait42-store-one-client"

if __name__ == "__main__":
    Beside.note = lambda *_: None
    Store._state = lambda *_: "written"
    sys.exit(real.run())
