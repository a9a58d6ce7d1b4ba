"""Gives a new file its name before its bytes are forced: after a loss of power a manifest may have its name and be empty."""

import os
import sys

import real

CLAIM = "ends-as-expected"
SCENARIO = "session-buddy-power-ext4"

if __name__ == "__main__":
    force = os.fsync
    os.fsync = lambda fd: None if os.readlink(f"/proc/self/fd/{fd}").endswith(".part") else force(fd)
    sys.exit(real.run())
