"""Says success when the database is valid, also where the list of errors is not empty."""

import sys

import real

CLAIM = "ends-as-expected"
SCENARIO = "ait42-corrupt-files"

if __name__ == "__main__":
    status = real.run()
    sys.exit(0 if status == 4 else status)
