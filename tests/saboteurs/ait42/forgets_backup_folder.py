"""Forces every folder but that of the backup: after a loss of power the copies may have no names."""

import os
import sys

import real

from migrator import files

CLAIM = "ends-as-expected"
SCENARIO = "ait42-power-strict"

if __name__ == "__main__":
    force = files.sync_folder
    files.sync_folder = lambda path: None if "/backup" in path else force(path)
    made = files.make_folders

    def make_folders(path: str, mode: int) -> None:
        """Folders that are there; that of a backup perhaps not for long."""
        if path.endswith("/backup"):
            os.makedirs(path, mode, exist_ok=True)
        else:
            made(path, mode)

    files.make_folders = make_folders
    sys.exit(real.run())
