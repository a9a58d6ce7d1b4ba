"""Finishes a killed rollback only when its new plan is made: what the plan found to be there already is then gone."""

import contextlib
import sys
from collections.abc import Callable
from datetime import datetime

import real

from migrator import way_back
from migrator.outcome import Refusal
from migrator.system import System

CLAIM = "no-loss"
SCENARIO = "ao-killed-rollback-redone"

if __name__ == "__main__":
    settle, open_runs = way_back.recover, list[tuple[System, Callable[[], datetime]]]()
    if real.last_state() == "rollback-begin":
        way_back.recover = lambda system, clock: open_runs.append((system, clock))
    real.pausing("rollback-begin")
    status = real.run()
    with contextlib.suppress(Refusal):
        for system, clock in open_runs:
            settle(system, clock)
    sys.exit(status)
