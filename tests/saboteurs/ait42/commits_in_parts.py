"""Commits a session before its instances and messages: who is killed in between leaves half of what was asked for."""

import sys
import time
from typing import Any

import real

from migrator.ait42.rows import Update

CLAIM = "drift-told"
SCENARIO = "ait42-store-killed-alone"
CASES = "8"
right = Update.put


def put(self: Update, one: Any) -> Any:
    if one.messages or one.instances:
        right(self, one._replace(messages=[], instances={}))
        self._db.execute("COMMIT")
        time.sleep(0.02)  # a slower disk
        self._db.execute("BEGIN IMMEDIATE")
    return right(self, one)


if __name__ == "__main__":
    if real.VERB == "store":
        Update.put = put
    sys.exit(real.run())
