"""Gives itself the right to write where the user has none, and migrates."""

import sys

import real

CLAIM = "ends-as-expected"
SCENARIO = "ait42-refuses-damage"

if __name__ == "__main__":
    if real.VERB == "migrate":
        for path in (real.LEGACY, real.DATABASE):
            if path.exists() and not path.stat().st_mode & 0o200:
                path.chmod(path.stat().st_mode | 0o200)
    sys.exit(real.run())
