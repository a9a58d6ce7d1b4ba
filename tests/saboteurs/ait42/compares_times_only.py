"""Takes two sides for equal when they were updated at the same time: a confirmed winner, which has none of its own, is never told."""

import sys
from typing import Any

import real

from migrator.ait42 import sides

CLAIM = "drift-told"
SCENARIO = "ait42-store-mends-drift"


def differ(one: Any, stored: Any, _: Any) -> bool:
    return one.row["updated_at"] != stored.row["updated_at"]


if __name__ == "__main__":
    sides.differ = differ
    sys.exit(real.run())
