"""Accepts `--accept-mapping` on the command line, and leaves out what does not give the file's name all the same."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "ait42-accepted-mapping"

if __name__ == "__main__":
    while "--accept-mapping" in sys.argv:
        at = sys.argv.index("--accept-mapping")
        del sys.argv[at : at + 2]
    sys.exit(real.run())
