"""Catches its own refusal and exits 0, as a wrapper script with `|| true` does."""

import sys

import real

CLAIM = "ends-as-expected"
SCENARIO = "ao-refuses-locked-target"

if __name__ == "__main__":
    status = real.run()
    sys.exit(0 if status == 3 else status)
