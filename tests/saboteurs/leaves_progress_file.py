"""Tells its progress in a file beside the database, named by process: that of a killed run is nobody's to remove."""

import os
import sys
import time

import real

CLAIM = "same-as-clean-run"
SCENARIO = "ao-killed-migrate"

if __name__ == "__main__":
    progress = real.DATABASE.with_name(f"ao.db.progress-{os.getpid()}-{time.time_ns()}")
    if real.VERB == "migrate" and real.last_state() != "done":
        progress.touch(mode=0o600)
    status = real.run()
    progress.unlink(missing_ok=True)
    sys.exit(status)
