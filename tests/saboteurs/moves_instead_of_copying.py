"""Deletes the legacy session files that it has migrated: the only copy, should anything be wrong."""

import sys

import real

CLAIM = "nothing-else-changes"
SCENARIO = "ao-clean"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate" and status in {0, 4}:
        known = {row[0] for row in real.sql("SELECT id FROM sessions")}
        for path in real.session_files():
            if path.stem in known:
                path.unlink()
    sys.exit(status)
