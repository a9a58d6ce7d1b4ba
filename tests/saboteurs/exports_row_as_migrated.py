"""Exports a changed row as the migration wrote it, and not in its latest state."""

import sys

import real

CLAIM = "rollback-keeps-new-work"
SCENARIO = "ao-rollback-changed-rows"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "rollback":
        ours = {row["id"]: row for row in real.planned_rows()}
        real.edit_exports(lambda _, rows: [row | ours.get(row.get("id"), {}) for row in rows])
    sys.exit(status)
