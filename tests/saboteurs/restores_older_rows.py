"""Puts rows that it never touched back to what the backup holds, over the daemon's later changes."""

import json
import sqlite3
import sys

import real

CLAIM = "rollback-takes-back"
SCENARIO = "ao-rollback-older-rows"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "rollback" and status == 0 and real.runs():
        run = real.runs()[-1]
        with (run / "sessions.jsonl").open("w") as file:
            file.writelines(json.dumps(row) + "\n" for row in real.rows("SELECT * FROM sessions"))
        backup = sqlite3.connect(f"file:{run}/backup/ao.db?mode=ro", uri=True)
        for name, state in backup.execute("SELECT id, activity_state FROM sessions"):
            real.sql("UPDATE sessions SET activity_state = ? WHERE id = ?", state, name)
    sys.exit(status)
