"""Writes its export with the process's default permissions, for every user of the machine to read."""

import sys

import real

CLAIM = "kept-private"
SCENARIO = "ao-rollback-pull-requests"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "rollback":
        for path in real.exports():
            path.chmod(0o644)
    sys.exit(status)
