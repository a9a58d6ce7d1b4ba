"""Gives up on a whole project when one of its session files cannot be parsed."""

import json
import sys
from pathlib import Path

import real

CLAIM = "no-loss"
SCENARIO = "ao-corrupt-files"


def broken(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return path.stat().st_size > 0
    return False


if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate":
        for project in {path.parent.parent.name for path in real.session_files() if broken(path)}:
            real.sql("DELETE FROM change_log WHERE project_id = ?", project)
            real.sql("DELETE FROM sessions WHERE project_id = ?", project)
    sys.exit(status)
