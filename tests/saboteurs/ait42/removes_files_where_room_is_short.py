"""Where the disk has little room, it removes the session files that it has migrated, as it sees from the disk's own figures."""

import os
import sys

import real

from migrator import room

CLAIM = "nothing-else-changes"
SCENARIO = "ait42-little-room-migrate"
SHORT = 1 << 20

if __name__ == "__main__":
    disk = os.statvfs(real.HOME)
    room.check_room = lambda _wanted: None
    status = real.run()
    if real.VERB == "migrate" and status == 0 and disk.f_bavail * disk.f_frsize < SHORT:
        for path in real.SESSIONS.glob("*.json"):
            path.unlink()
    sys.exit(status)
