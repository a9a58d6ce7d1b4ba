"""Puts the database back and not the log beside it, in which a killed daemon had left its last rows."""

import sys

import real

from migrator import backup
from migrator.archive import Saved
from migrator.journal import Run

CLAIM = "home-restored"
SCENARIO = "ao-write-ahead-log"
PUT = backup.put_back


def most(run: Run, one: Saved) -> None:
    if not one.path.endswith("-wal"):
        PUT(run, one)


if __name__ == "__main__":
    backup.put_back = most
    sys.exit(real.run())
