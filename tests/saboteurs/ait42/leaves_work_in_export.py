"""Exports what others did in the database and leaves the session files behind it, though it promises to write back."""

import sys

import real

CLAIM = "rollback-writes-back"
SCENARIO = "ait42-rollback-new-work"

if __name__ == "__main__":
    if real.VERB == "rollback":
        sys.argv.append("--no-write-back")
    sys.exit(real.run())
