"""Looks for the record of version 4 and not whether it says success: nothing is pending."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "session-buddy-recorded-as-failed"

if __name__ == "__main__":
    failed = real.VERB == "migrate" and real.sql(
        "SELECT 1 FROM skill_migrations WHERE version = ? AND success = 0", real.V4
    )
    status = real.run()
    if failed and status == 0:
        real.sql("UPDATE skill_migrations SET success = 0 WHERE version = ?", real.V4)

    sys.exit(status)
