"""Writes a file in its place, from front to end, as the editor does: who is killed meanwhile leaves half of it."""

import json
import sys
import time
from typing import Any

import real

from migrator.ait42.beside import Beside

CLAIM = "acknowledged-is-kept"
SCENARIO = "ait42-store-killed-client"


def replaced(_: Beside, path: str, elements: list[Any], __: Any) -> bool:
    text = json.dumps(elements, indent=2, ensure_ascii=False)
    with open(path, "w", encoding="utf-8") as file:
        for start in range(0, len(text), len(text) // 8 + 1):
            file.write(text[start : start + len(text) // 8 + 1])
            file.flush()
            time.sleep(0.002)  # a larger file
    return True


if __name__ == "__main__":
    Beside._replaced = replaced
    sys.exit(real.run())
