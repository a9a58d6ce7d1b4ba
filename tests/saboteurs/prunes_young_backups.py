"""Counts the retention in seconds where days were meant."""

import sys

import real

CLAIM = "retention-kept"
SCENARIO = "ao-prune-keeps-young-backups"

if __name__ == "__main__":
    if real.VERB == "prune" and "--keep-days" not in sys.argv:
        sys.argv += ["--keep-days", "0"]
    sys.exit(real.run())
