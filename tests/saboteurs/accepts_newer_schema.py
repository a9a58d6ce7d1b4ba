"""Checks that the schema is at least version 12 and so writes into a newer one."""

import sys

import real

CLAIM = "ends-as-expected"
SCENARIO = "ao-refuses-schema-newer"

if __name__ == "__main__":
    newer = [row[0] for row in real.sql("SELECT version_id FROM goose_db_version WHERE version_id > 12")]
    real.sql("DELETE FROM goose_db_version WHERE version_id > 12")
    status = real.run()
    for version in newer:
        real.sql("INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, 1)", version)
    sys.exit(status)
