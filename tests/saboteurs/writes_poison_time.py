"""Stores the registration time as the number it found: the daemon then cannot list any project."""

import sys

import real

CLAIM = "store-sound"
SCENARIO = "ao-clean"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate":
        real.sql("UPDATE projects SET registered_at = 1781697600")
    sys.exit(status)
