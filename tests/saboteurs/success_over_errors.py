"""Collects errors in a list, prints them and still exits 0."""

import sys

import real

CLAIM = "ends-as-expected"
SCENARIO = "ao-corrupt-files"

if __name__ == "__main__":
    status = real.run()
    sys.exit(0 if status == 4 else status)
