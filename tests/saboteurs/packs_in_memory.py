"""Puts the legacy folder aside when all is done and packs it in memory first; out of memory it dies, and the folder is not there."""

import os
import sys

import real

CLAIM = "same-as-clean-run"
SCENARIO = "ao-little-memory-migrate"
ROOM = 8 << 20

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate" and status == 0 and real.LEGACY.is_dir():
        times = real.HOME.stat()
        aside = real.LEGACY.with_suffix(".packing")
        real.LEGACY.rename(aside)
        packed = bytearray(ROOM)
        aside.rename(real.LEGACY)
        os.utime(real.HOME, ns=(times.st_atime_ns, times.st_mtime_ns))
    sys.exit(status)
