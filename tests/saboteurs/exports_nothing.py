"""Takes others' work with the migrated rows and keeps no export of it."""

import sys

import real

CLAIM = "rollback-keeps-new-work"
SCENARIO = "ao-rollback-new-work"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "rollback":
        for path in real.exports():
            path.unlink()
    sys.exit(status)
