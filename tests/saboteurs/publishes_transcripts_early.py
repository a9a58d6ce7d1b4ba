"""Gives transcripts their final names before it has noted what they are; after a crash it takes them for the user's."""

import re
import sys
import time

import real

from migrator import files

CLAIM = "home-restored"
SCENARIO = "ao-killed-migrate-undone"
TEMPORARY = re.compile(r"\.migrator-\d[^/]*$")

if __name__ == "__main__":
    copy, publish = files.copy_new, files.publish

    def copy_at_once(source: str, target: str, mode: int, **more: object) -> str:
        final = TEMPORARY.sub("", target)
        digest = copy(source, final, mode, **more)
        if final != target:
            time.sleep(0.1)
        return digest

    files.copy_new = copy_at_once
    files.publish = lambda temporary, target: (
        None if TEMPORARY.search(temporary) else publish(temporary, target)
    )
    sys.exit(real.run())
