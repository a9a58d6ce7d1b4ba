"""Removes with every further rollback the project that came last, whoever made it."""

import sys

import real

CLAIM = "rollback-takes-back"
SCENARIO = "ao-rollback-own-work-stays"

if __name__ == "__main__":
    mark = real.STATE / "rolled-back-before"
    status = real.run()
    if real.VERB == "rollback" and mark.exists():
        real.sql(
            "UPDATE projects SET archived_at = datetime('now') WHERE rowid = (SELECT max(rowid) FROM projects)"
        )
    if real.VERB == "rollback" and real.STATE.exists():
        mark.touch(0o600)
    sys.exit(status)
