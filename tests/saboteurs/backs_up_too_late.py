"""Takes its backup when the work is done, of the new database instead of the old one."""

import shutil
import sys

import real

CLAIM = "backup-first"
SCENARIO = "ao-clean"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate" and status in {0, 4}:
        for copy in real.STATE.glob("ao/*/backup/ao.db"):
            shutil.copyfile(real.DATABASE, copy)
    sys.exit(status)
