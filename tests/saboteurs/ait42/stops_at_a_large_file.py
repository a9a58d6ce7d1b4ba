"""Finds a session file that is too large to read, and so migrates none of the others."""

import sys

import real

CLAIM = "ends-as-expected"
SCENARIO = "ait42-too-large"

if __name__ == "__main__":
    sizes = [path.lstat().st_size for path in real.SESSIONS.glob("*.json")] if real.SESSIONS.is_dir() else []
    if real.VERB == "migrate" and max(sizes, default=0) > 1 << 30:
        sys.exit(5)
    sys.exit(real.run())
