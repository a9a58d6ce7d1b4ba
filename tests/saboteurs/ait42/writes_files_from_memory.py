"""Reads each file once and later writes what it remembers: of two clients the last one wins, file by file."""

import sys
from typing import Any

import real

from migrator.ait42.beside import Beside

CLAIM = "acknowledged-is-kept"
SCENARIO = "ait42-store-two-clients"
MEMORY: dict[str, list[Any]] = {}
read, write = Beside.elements, Beside._replaced


def elements(self: Beside, name: str) -> list[Any]:
    if name not in MEMORY:
        MEMORY[name] = read(self, name)
    return list(MEMORY[name])


def replaced(self: Beside, path: str, elements: list[Any], stamp: Any) -> bool:
    MEMORY[path.rpartition("/")[2].removesuffix(".json")] = list(elements)
    return write(self, path, elements, stamp)


if __name__ == "__main__":
    Beside.elements, Beside._replaced = elements, replaced
    sys.exit(real.run())
