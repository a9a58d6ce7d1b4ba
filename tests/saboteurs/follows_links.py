"""Opens whatever has the name of a session, links to other places too."""

import os
import sys

import real

from migrator import files

CLAIM = "accounted-for"
SCENARIO = "ao-much-damage"


CAREFUL = files.read


def read(path: str, bound: int) -> tuple[bytes, os.stat_result]:
    return CAREFUL(os.path.realpath(path) if "/sessions/" in path else path, bound)


if __name__ == "__main__":
    files.read = read
    sys.exit(real.run())
