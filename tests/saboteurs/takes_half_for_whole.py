"""Writes projects and sessions in two transactions; run again after a crash, it takes a project for migrated with all in it."""

import sqlite3
import sys
import time

import real

from migrator import database

CLAIM = "no-loss"
SCENARIO = "ao-killed-migrate"


if __name__ == "__main__":
    insert = database.insert

    def in_two_steps(connection: sqlite3.Connection, rows: list[database.Row]) -> None:
        insert(connection, [row for row in rows if row[0] == "projects"])
        connection.execute("COMMIT")
        time.sleep(0.2)
        connection.execute("BEGIN EXCLUSIVE")
        insert(connection, [row for row in rows if row[0] != "projects"])

    database.insert = in_two_steps
    began = real.VERB == "migrate" and real.last_state() not in {"", "done", "rolled-back"}
    there = {row[0] for row in real.sql("SELECT id FROM projects")} if began else set()
    had = {row[0] for row in real.sql("SELECT id FROM sessions")} if began else set()
    status = real.run()
    new = real.sql("SELECT id, project_id FROM sessions") if there else []
    if lost := [session for session, project in new if project in there and session not in had]:
        tables = (("change_log", "session_id"), ("sessions", "id"))
        real.without_triggers(
            f"DELETE FROM {table} WHERE {key} = '{session}'" for session in lost for table, key in tables
        )
    sys.exit(status)
