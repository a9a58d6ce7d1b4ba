"""Takes any table named sessions for its own."""

import sys

import real

CLAIM = "ends-as-expected"
SCENARIO = "ait42-refuses-lineage-b"

if __name__ == "__main__":
    status = real.run()
    sys.exit(0 if status == 3 else status)
