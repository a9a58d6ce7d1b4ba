"""Prunes by age alone, the backup of a run that was interrupted included."""

import shutil
import sys

import real

CLAIM = "retention-kept"
SCENARIO = "ao-prune-spares-unfinished"
CASES = "40"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "prune":
        for run in real.runs():
            shutil.rmtree(run / "backup", ignore_errors=True)
    sys.exit(status)
