"""Removes a transcript that has grown since, and exports only rows."""

import sys

import real

CLAIM = "rollback-keeps-new-work"
SCENARIO = "ao-rollback-longer-transcript"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "rollback":
        for path in real.exports():
            if "files" in path.parts:
                path.unlink()
    sys.exit(status)
