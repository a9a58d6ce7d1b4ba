"""Marks a session as paused while it writes it, in a transaction of its own: who is killed in between leaves it so."""

import sys
import time
from typing import Any

import real

from migrator.ait42.rows import Update

CLAIM = "acknowledged-is-kept"
SCENARIO = "ait42-store-killed-alone"
CASES = "40"
right = Update.put


def put(self: Update, one: Any) -> Any:
    right(self, one._replace(row=one.row | {"status": "paused"}, messages=[]))
    self._db.execute("COMMIT")
    time.sleep(0.02)  # a slower disk
    self._db.execute("BEGIN IMMEDIATE")
    return right(self, one)


if __name__ == "__main__":
    if real.VERB == "store":
        Update.put = put
    sys.exit(real.run())
