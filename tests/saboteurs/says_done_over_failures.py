"""Takes a run that failed and was taken back for a run that had nothing to do, and says that all is well."""

import sys

import real

CLAIM = "no-loss"
SCENARIO = "ao-each-error-migrate"
FAILED = 5

if __name__ == "__main__":
    status = real.run()
    sys.exit(0 if status == FAILED else status)
