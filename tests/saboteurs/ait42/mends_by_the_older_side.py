"""Mends a difference by the database, although the editor has written the file since."""

import sys
from typing import Any

import real

from migrator.ait42.beside import Beside

CLAIM = "drift-told"
SCENARIO = "ait42-store-mends-drift"
right = Beside._bring


def bring(self: Beside, *given: Any, settled: bool) -> None:
    right(self, *given, settled=False)


if __name__ == "__main__":
    Beside._bring = bring
    sys.exit(real.run())
