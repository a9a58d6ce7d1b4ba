"""Begins anew after a crash: it throws the interrupted run away first, and with it the only copy of the old database."""

import shutil
import sys

import real

CLAIM = "backup-first"
SCENARIO = "ao-killed-migrate"

if __name__ == "__main__":
    real.pausing("applied")
    if real.VERB == "migrate" and real.last_state() not in {"", "done", "rolled-back"}:
        shutil.rmtree(max(real.STATE.glob("ao/*")))
    sys.exit(real.run())
