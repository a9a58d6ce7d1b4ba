"""Takes out the rows that it added and forgets those that it changed, once others have worked on."""

import sys

import real

CLAIM = "rollback-takes-back"
SCENARIO = "ait42-rollback-updated-rows"
COLUMNS = "task, status, updated_at, winner_id"

if __name__ == "__main__":
    there = real.VERB == "rollback" and real.DATABASE.exists()
    before = real.sql(f"SELECT {COLUMNS}, id FROM sessions") if there else []
    status = real.run()
    if before and status == 0 and real.DATABASE.exists():
        for row in before:
            real.sql(f"UPDATE OR IGNORE sessions SET ({COLUMNS}) = (?, ?, ?, ?) WHERE id = ?", *row)
    sys.exit(status)
