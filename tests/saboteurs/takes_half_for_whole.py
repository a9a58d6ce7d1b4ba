"""Run again after a crash, it takes every session that the interrupted run had begun with for one that has arrived."""

import sys

import real

CLAIM = "no-loss"
SCENARIO = "ao-killed-migrate"

if __name__ == "__main__":
    real.pausing("staged")
    again = real.VERB == "migrate" and real.last_state() not in {"", "done", "rolled-back"}
    had = {row[0] for row in real.sql("SELECT id FROM sessions")} if again else set()
    status = real.run()
    new = [row[0] for row in real.sql("SELECT id FROM sessions")] if again else []
    if lost := [session for session in new if session not in had]:
        tables = (("change_log", "session_id"), ("sessions", "id"))
        real.without_triggers(
            f"DELETE FROM {table} WHERE {key} = '{session}'" for session in lost for table, key in tables
        )
    sys.exit(status)
