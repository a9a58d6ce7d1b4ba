"""Makes what is missing from the schema, and only then finds that the database is not its own."""

import sys

import real

CLAIM = "refusal-is-clean"
SCENARIO = "ait42-refuses-lineage-c"

if __name__ == "__main__":
    if real.VERB == "migrate":
        real.sql("CREATE TABLE IF NOT EXISTS migration_issues (id INTEGER PRIMARY KEY)")
    sys.exit(real.run())
