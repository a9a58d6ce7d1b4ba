"""Takes `--strict` and goes on all the same where nobody knows a workspace."""

import sys

import real

CLAIM = "ends-as-expected"
SCENARIO = "ait42-strict"

if __name__ == "__main__":
    sys.argv = [word for word in sys.argv if word != "--strict"]
    sys.exit(real.run())
