"""Compares numbers of rows and no values."""

import sys

import real

CLAIM = "verify-notices"
SCENARIO = "session-buddy-verify-notices"

if __name__ == "__main__":
    status = real.run()
    sys.exit(0 if real.VERB == "verify" else status)
