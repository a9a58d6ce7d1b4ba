"""Records version 4 before it makes it, each statement for itself: killed in between, it is never made."""

import sys
import time

import real

CLAIM = "ends-as-expected"
SCENARIO = "session-buddy-killed-migrate"

if __name__ == "__main__":
    if real.VERB == "migrate" and real.sql(
        "SELECT count(*) FROM skill_migrations WHERE version = ?", real.V4
    ) == [(0,)]:
        record = "INSERT INTO skill_migrations (version, applied_at) VALUES (?, ?)"
        real.sql(record, real.V4, real.NOW)
        time.sleep(0.4)
        real.sql("DELETE FROM skill_migrations WHERE version = ?", real.V4)
    sys.exit(real.run())
