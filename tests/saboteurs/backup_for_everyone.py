"""Leaves its backup readable for every user of the machine."""

import sys

import real

CLAIM = "kept-private"
SCENARIO = "ao-rollback-exact"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate":
        for path in real.STATE.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
    sys.exit(status)
