"""Forces files to the disk and never the folders that name them: after a loss of power a file may have no name."""

import sys

import real

from migrator import files

CLAIM = "same-as-clean-run"
SCENARIO = "ao-power-strict"
CASES = "4"

if __name__ == "__main__":
    files.sync_folder = lambda _path: None
    sys.exit(real.run())
