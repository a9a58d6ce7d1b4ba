"""Inserts the counts and lets the triggers count as well."""

import sys

import real

CLAIM = "store-sound"
SCENARIO = "ait42-clean"

if __name__ == "__main__":
    status = real.migrated()
    real.sql("UPDATE sessions SET message_count = message_count * 2, instance_count = instance_count * 2")
    sys.exit(status)
