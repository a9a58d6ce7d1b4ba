"""Marks its work with a lock file that only its own end removes: killed once, it refuses for ever."""

import sys

import real

CLAIM = "ends-as-expected"
SCENARIO = "ao-killed-migrate"
LOCK = real.STATE / "lock"

if __name__ == "__main__":
    if real.VERB != "migrate" or real.last_state() == "done":
        sys.exit(real.run())
    if LOCK.exists():
        sys.exit(3)
    real.STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
    LOCK.touch(mode=0o600)
    status = real.run()
    LOCK.unlink()
    sys.exit(status)
