"""Opens the database itself in a dry run."""

import os
import sys

import real

CLAIM = "dry-run-is-clean"
SCENARIO = "session-buddy-dry-run"

if __name__ == "__main__":
    if real.VERB == "dry_run" and real.database().is_file():
        os.utime(real.database())
    sys.exit(real.run())
