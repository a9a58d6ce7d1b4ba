"""Told again after a kill, it writes back once more and does not look whether the messages are there already."""

import sys

import real

CLAIM = "rollback-writes-back"
SCENARIO = "ait42-write-back-killed"

if __name__ == "__main__":
    begun = [
        path for path in real.STATE.glob("ait42/*/journal.jsonl") if b'"rollback-begin"' in path.read_bytes()
    ]
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
