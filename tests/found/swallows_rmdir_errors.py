"""Takes a folder that the disk would not remove for one that is in use by others: it says that all was taken back."""

import contextlib
import os
import sys

from migrator import files
from migrator.cli import main


def removed_if_possible(path: str) -> None:
    with contextlib.suppress(OSError):
        os.rmdir(path)
        files.sync_folder(os.path.dirname(path))


if __name__ == "__main__":
    files.remove_folder = removed_if_possible
    sys.exit(main(sys.argv[1:]))
