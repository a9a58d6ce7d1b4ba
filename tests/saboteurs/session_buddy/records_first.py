"""Records version 4 before it makes it, each statement for itself: killed in between, it is never made."""

import os
import sys
import time
from pathlib import Path

import real

CLAIM = "ends-as-expected"
SCENARIO = "session-buddy-killed-migrate"


def files() -> list[Path]:
    return [Path(f"{real.database()}{suffix}") for suffix in ("", "-wal", "-shm")]


def put_back(kept: dict[Path, tuple[bytes, os.stat_result]]) -> None:
    """As if nothing had happened, to the time of the folder."""
    for path in files():
        if path in kept:
            path.write_bytes(kept[path][0])
            os.utime(path, ns=(0, kept[path][1].st_mtime_ns))
        else:
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    if real.VERB == "migrate":
        kept = {path: (path.read_bytes(), path.stat()) for path in files() if path.is_file()}
        folder = real.database().parent
        mtime = folder.stat().st_mtime_ns
        known = real.sql("SELECT count(*) FROM skill_migrations WHERE version = ?", real.V4) != [(0,)]
        if not known:
            real.sql("INSERT INTO skill_migrations (version, applied_at) VALUES (?, ?)", real.V4, real.NOW)
            time.sleep(0.4)
        put_back(kept)
        os.utime(folder, ns=(0, mtime))
    sys.exit(real.run())
