"""Takes a conversation of the same length for the same conversation."""

import os
import sys

import real

from migrator import files

CLAIM = "accounted-for"
SCENARIO = "ao-transcripts"

if __name__ == "__main__":
    files.equal = lambda one, other: os.path.getsize(one) == os.path.getsize(other)
    sys.exit(real.run())
