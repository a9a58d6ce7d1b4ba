"""Brings all times into one form."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "ait42-clean"

if __name__ == "__main__":
    status = real.migrated()
    real.sql("UPDATE sessions SET updated_at = replace(updated_at, '+00:00', 'Z')")
    sys.exit(status)
