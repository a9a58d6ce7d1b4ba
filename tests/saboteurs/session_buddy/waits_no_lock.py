"""Reports a database that others hold as done."""

import sys

import real

CLAIM = "ends-as-expected"
SCENARIO = "session-buddy-refuses-locked"

if __name__ == "__main__":
    status = real.run()
    sys.exit(0 if status == 3 else status)
