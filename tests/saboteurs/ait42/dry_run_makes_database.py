"""Opens the database also for a dry run, which makes one."""

import sqlite3
import sys

import real

CLAIM = "dry-run-is-clean"
SCENARIO = "ait42-dry-run"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "dry_run" and real.LEGACY.is_dir() and not real.DATABASE.exists():
        sqlite3.connect(real.DATABASE).execute("CREATE TABLE t (x)")
    sys.exit(status)
