"""Does not ask for room beforehand, and where the disk is full it takes back what it wrote and says that all is well."""

import sys

import real

from migrator import room

CLAIM = "no-loss"
SCENARIO = "ao-little-room-migrate"
FAILED = 5

if __name__ == "__main__":
    room.check_room = lambda _wanted: None
    status = real.run()
    sys.exit(0 if status == FAILED else status)
