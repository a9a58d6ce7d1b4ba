"""Told again after a kill, it writes back once more and does not look whether the messages are there already."""

import sys
import time
from typing import Any

import real

from migrator.journal import Run

CLAIM = "rollback-writes-back"
SCENARIO = "ait42-write-back-killed"

add = Run.add


def slowly(self: Run, event: str, **facts: Any) -> None:
    add(self, event, **facts)
    if event == "rollback-begin":
        time.sleep(0.1)  # a slower disk


if __name__ == "__main__":
    Run.add = slowly
    journals = [path.read_bytes() for path in real.STATE.glob("ait42/*/journal.jsonl")]
    begun = [one for one in journals if b'"rollback-begin"' in one and b'"rolled-back"' not in one]
    status = real.run()
    if real.VERB == "rollback" and status == 0 and begun:
        for name, rows in list(real.session_files()):
            later = [
                [one for one in row["chatHistory"] if one["id"].startswith("msg-later-")] for row in rows
            ]
            for row, messages in zip(rows, later, strict=True):
                row["chatHistory"] += messages
            if any(later):
                real.write(name, rows)
    sys.exit(status)
