"""Exports rows that others added, and not those of its own that they changed."""

import sys

import real

CLAIM = "rollback-keeps-new-work"
SCENARIO = "ao-rollback-changed-rows"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "rollback":
        ours = {row["id"] for row in real.planned_rows()}
        real.edit_exports(lambda _, rows: [row for row in rows if row.get("id") not in ours])
    sys.exit(status)
