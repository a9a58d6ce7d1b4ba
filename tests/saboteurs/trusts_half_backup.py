"""Starts by putting back the copy that an interrupted run left, without asking whether that copy was finished."""

import shutil
import sys
import time

import real

CLAIM = "store-sound"
SCENARIO = "ao-killed-migrate"
COPY = real.STATE / "before.db"

if __name__ == "__main__":
    if real.VERB != "migrate" or real.last_state() == "done":
        sys.exit(real.run())
    if COPY.exists():
        shutil.copyfile(COPY, real.DATABASE)
    real.STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = real.DATABASE.read_bytes()
    with COPY.open("wb", buffering=0) as file:
        COPY.chmod(0o600)
        file.write(content[: len(content) // 2])
        time.sleep(0.2)
        file.write(content[len(content) // 2 :])
    status = real.run()
    COPY.unlink()
    sys.exit(status)
