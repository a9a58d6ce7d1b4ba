"""Writes an empty mix of runtimes as none at all."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "ait42-clean"

if __name__ == "__main__":
    status = real.migrated()
    real.sql("UPDATE sessions SET runtime_mix = NULL WHERE runtime_mix = '[]'")
    sys.exit(status)
