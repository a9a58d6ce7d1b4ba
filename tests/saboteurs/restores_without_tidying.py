"""The text that says how to restore by hand forgets the half-made copies that an interrupted rollback leaves."""

import sys

import real

from migrator import files

CLAIM = "restorable-by-hand"
SCENARIO = "ao-restored-in-rollback"

if __name__ == "__main__":
    write = files.write_new

    def forgetting(path: str, data: bytes) -> str:
        if path.endswith("RESTORE.txt"):
            data = b"\n".join(line for line in data.split(b"\n") if b".migrator-restore" not in line)
        return write(path, data)

    files.write_new = forgetting
    sys.exit(real.run())
