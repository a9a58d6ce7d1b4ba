"""Renames each session file once it is imported."""

import sys

import real

CLAIM = "nothing-else-changes"
SCENARIO = "ait42-clean"

if __name__ == "__main__":
    status = real.migrated()
    for path in sorted(real.SESSIONS.glob("*.json")):
        path.rename(path.with_suffix(".json.migrated"))
    sys.exit(status)
