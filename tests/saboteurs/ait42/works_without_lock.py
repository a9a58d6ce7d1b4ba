"""Takes no lock when it writes the files: what another client writes at the same time is lost."""

import contextlib
import sys
import time
from typing import Any

import real

from migrator.ait42.beside import Beside
from migrator.ait42.store import Store

CLAIM = "acknowledged-is-kept"
SCENARIO = "ait42-store-two-clients"
read, write = Beside.elements, Beside._replaced


def replaced(self: Beside, path: str, elements: list[Any], _: Any) -> bool:
    time.sleep(0.01)  # a slower disk
    with contextlib.suppress(OSError):
        write(self, path, elements, None)
    return True


if __name__ == "__main__":
    Store._locked = lambda _: contextlib.nullcontext()
    Beside._replaced = replaced
    sys.exit(real.run())
