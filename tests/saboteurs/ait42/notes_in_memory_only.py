"""Keeps in its memory alone which files have to follow: what a killed store had left to write is never written."""

import sys
import time
from typing import Any

import real

from migrator.ait42.beside import Beside

CLAIM = "sides-agree"
SCENARIO = "ait42-store-killed-alone"
CASES = "40"
NOTES: list[Any] = []
write = Beside._write


def slowly(self: Beside, *given: Any) -> None:
    time.sleep(0.05)  # a slower disk
    write(self, *given)


def forget(_: Beside, left: Any = ()) -> None:
    NOTES[:] = left


if __name__ == "__main__":
    Beside.note = lambda _, notes: NOTES.extend(notes)
    Beside.noted = lambda _: list(NOTES)
    Beside.forget, Beside._write = forget, slowly
    sys.exit(real.run())
