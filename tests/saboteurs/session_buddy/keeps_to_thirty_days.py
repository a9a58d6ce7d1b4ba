"""Takes `--all` and tells of thirty days all the same."""

import sys

import real

CLAIM = "no-loss"
SCENARIO = "session-buddy-all-times"

if __name__ == "__main__":
    sys.argv = [word for word in sys.argv if word != "--all"]
    sys.exit(real.run())
