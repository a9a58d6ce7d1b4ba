"""Commits without waiting for the disk: after a loss of power the journal knows of rows that are not there, or the database is torn."""

import sys

import real

from migrator import database

CLAIM = "no-loss"
SCENARIO = "session-buddy-power-ext4"

if __name__ == "__main__":
    database.SETTINGS = ("locking_mode=EXCLUSIVE", "synchronous=OFF", "temp_store=MEMORY")
    sys.exit(real.run())
