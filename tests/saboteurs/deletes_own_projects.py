"""Removes whatever came after the migration, a project of the rewrite's own included."""

import sqlite3
import sys

import real

CLAIM = "rollback-takes-back"
SCENARIO = "ao-rollback-own-work-stays"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "rollback" and status == 0:
        with sqlite3.connect(real.DATABASE) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            for table in ("change_log", "review", "sessions"):
                connection.execute(f"DELETE FROM {table} WHERE project_id LIKE 'own-%'")
            connection.execute("DELETE FROM projects WHERE id LIKE 'own-%'")
    sys.exit(status)
