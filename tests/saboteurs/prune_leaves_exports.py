"""Prunes backups and forgets what rollbacks exported, which then stays for good."""

import os
import sys

import real

from migrator import retention
from migrator.journal import Run

CLAIM = "retention-kept"
SCENARIO = "ao-prune-exports"
KEPT = retention._kept


def backups(run: Run) -> list[str]:
    return [path for path in KEPT(run) if not os.path.basename(path).startswith("export")]


if __name__ == "__main__":
    retention._kept = backups
    sys.exit(real.run())
