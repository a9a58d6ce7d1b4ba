"""Looks sessions up by the number that the search table gives them, as if that were their id."""

import sys

import real

from migrator.ait42 import store

CLAIM = "answers-hold"
SCENARIO = "ait42-store-one-client"

if __name__ == "__main__":
    store.FOUND = "SELECT s.id FROM sessions_fts f JOIN sessions s ON s.id = f.rowid WHERE sessions_fts MATCH ? AND ? <> ''"
    sys.exit(real.run())
