"""Gives the full taxonomy the skills that it names, so that no foreign key is broken."""

import sys

import real

CLAIM = "no-invention"
SCENARIO = "session-buddy-full-taxonomy"

if __name__ == "__main__":
    status = real.migrated()
    for table, column in (
        ("modalities", "skill_name"),
        ("dependencies", "skill_a"),
        ("dependencies", "skill_b"),
    ):
        real.sql(f"INSERT OR IGNORE INTO skill_metrics (skill_name) SELECT {column} FROM skill_{table}")

    sys.exit(status)
