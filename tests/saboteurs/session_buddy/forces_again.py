"""Where forcing a file fails, tries it again, and takes that for success: what the system has dropped is gone."""

import os
import sys

import real

CLAIM = "home-restored"
SCENARIO = "session-buddy-each-error-migrate"

if __name__ == "__main__":
    force = os.fsync

    def twice(fd: int) -> None:
        """Forces the file; an error may have been a mishap."""
        try:
            force(fd)
        except OSError:
            force(fd)

    os.fsync = twice
    sys.exit(real.run())
