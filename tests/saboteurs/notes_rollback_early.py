"""Notes that a run was rolled back before it rolls it back: killed in between, it has nothing left to do."""

import sys
import time

import real

from migrator import files

CLAIM = "same-as-clean-run"
SCENARIO = "ao-killed-rollback"

if __name__ == "__main__":
    write = files.append_line

    def note(path: str, line: bytes) -> None:
        write(path, line)
        if b'"rollback-begin"' in line:
            write(path, b'{"state": "rolled-back"}')
            time.sleep(0.1)

    real.noting(note)
    sys.exit(real.run())
