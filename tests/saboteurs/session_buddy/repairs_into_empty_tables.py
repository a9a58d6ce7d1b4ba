"""Puts old foreign keys right by making the tables anew, without the rows that were in them."""

import sys

import real

CLAIM = "no-loss"
SCENARIO = "session-buddy-repairs-old-keys"
TABLES = "skill_anomalies", "skill_user_interactions", "ab_test_outcomes"


def old() -> list[str]:
    """Returns those of the tables that refer to the invocations."""
    parent = "SELECT 1 FROM pragma_foreign_key_list(?) WHERE \"table\" = 'skill_invocation'"
    return [table for table in TABLES if real.sql(parent, table)]


if __name__ == "__main__":
    before = old()
    status = real.migrated()
    for table in before:
        real.sql(f"DELETE FROM {table}")

    sys.exit(status)
