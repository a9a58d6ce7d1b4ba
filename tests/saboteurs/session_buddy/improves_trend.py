"""Mends the slope of a view that others already read: an answer that was empty is now a number."""

import re
import sys

import real

CLAIM = "store-sound"
SCENARIO = "session-buddy-many"

if __name__ == "__main__":
    status = real.migrated()

    (text,) = real.sql("SELECT sql FROM sqlite_master WHERE name = 'v_skill_effectiveness_trend'")[0]
    better = re.sub(r"(?i)nullif\(\s*count\(\*\) - 1, 1\)", "max(count(*), 1)", text)
    real.script("DROP VIEW v_skill_effectiveness_trend;" + better)

    sys.exit(status)
