"""Verifies that there are sessions and that the database is valid, and never looks at the files."""

import sys

import real

CLAIM = "verify-notices"
SCENARIO = "ait42-verify-notices"

if __name__ == "__main__":
    status = real.run()
    sys.exit(0 if real.VERB == "verify" else status)
