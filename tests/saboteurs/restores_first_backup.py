"""Its rollback restores the oldest backup that it finds, also when that run was taken back long ago."""

import shutil
import sys

import real

CLAIM = "others-work-is-somewhere"
SCENARIO = "ao-long-life"
CASES = "60"

if __name__ == "__main__":
    had = real.last_state()
    status = real.run()
    backups = sorted(real.STATE.glob("ao/*/backup/ao.db"))
    if real.VERB == "rollback" and status == 0 and had == "done" and len(backups) > 1:
        shutil.copyfile(backups[0], real.DATABASE)
        for suffix in ("-wal", "-shm"):
            real.DATABASE.with_name(f"ao.db{suffix}").unlink(missing_ok=True)
    sys.exit(status)
