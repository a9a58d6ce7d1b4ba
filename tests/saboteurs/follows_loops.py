"""Takes a link to a folder for the folder: walks out of the tree, round in loops, and names what it meets there."""

import os
import sys

import real

from migrator.ao import sources

CLAIM = "accounted-for"
SCENARIO = "ao-hostile-trees"


def is_folder(entry: os.DirEntry[str]) -> bool:
    return os.path.isdir(entry.path)


if __name__ == "__main__":
    sources._is_folder = is_folder
    sys.exit(real.run())
