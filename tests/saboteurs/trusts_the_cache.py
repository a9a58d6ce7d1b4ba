"""Never forces anything to the disk, as it is quicker so: after a loss of power a journal may be there, and be empty."""

import os
import sqlite3
import sys

import real

CLAIM = "same-as-clean-run"
SCENARIO = "ao-power-ext4"


class Quick(sqlite3.Connection):
    """Does not wait for the disk."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.execute("PRAGMA synchronous = OFF")


if __name__ == "__main__":
    connect = sqlite3.connect
    os.fsync = lambda _fd: None
    sqlite3.connect = lambda *arguments, **options: connect(*arguments, **{"factory": Quick, **options})  # type: ignore[assignment, misc, arg-type]
    sys.exit(real.run())
