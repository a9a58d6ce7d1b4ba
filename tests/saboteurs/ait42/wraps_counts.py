"""Casts 32-bit numbers without sign to numbers with one."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "ait42-lenient-files"

if __name__ == "__main__":
    status = real.migrated()
    real.sql(
        "UPDATE sessions SET total_lines_added = total_lines_added - 4294967296 WHERE total_lines_added > 2147483647"
    )
    sys.exit(status)
