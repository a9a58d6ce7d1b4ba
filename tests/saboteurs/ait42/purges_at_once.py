"""Takes session files away as soon as they are migrated, though they are to stay for 30 days."""

import sys

import real

CLAIM = "purge-spares"
SCENARIO = "ait42-purge"

if __name__ == "__main__":
    if real.VERB == "purge" and "--keep-days" not in sys.argv:
        sys.argv += ["--keep-days", "0"]
    sys.exit(real.run())
