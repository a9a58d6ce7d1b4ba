"""Remembers what status found in a cache file."""

import sys

import real

CLAIM = "reading-is-clean"
SCENARIO = "ao-reading-verbs"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "status":
        (real.HOME / ".cache").mkdir(exist_ok=True)
        (real.HOME / ".cache/migrator-status").write_text("ok")
    sys.exit(status)
