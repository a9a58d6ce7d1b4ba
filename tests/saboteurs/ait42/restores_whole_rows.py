"""Puts a session that it had changed back as a whole, with what others have changed in it since."""

import sqlite3
import sys

import real

CLAIM = "rollback-takes-back"
SCENARIO = "ait42-rollback-updated-rows"

if __name__ == "__main__":
    status = real.run()
    backup = next(iter(sorted(real.STATE.glob("ait42/*/backup/sessions.db"))), None)
    if real.VERB == "rollback" and status == 0 and real.DATABASE.exists() and backup:
        rows = sqlite3.connect(f"file:{backup}?immutable=1", uri=True).execute(
            "SELECT status, updated_at, id FROM sessions"
        )
        for row in rows.fetchall():
            real.sql("UPDATE OR IGNORE sessions SET (status, updated_at) = (?, ?) WHERE id = ?", *row)
    sys.exit(status)
