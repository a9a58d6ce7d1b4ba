"""Counts a skill as its own companion, as a join without `<` does."""

import sys

import real

CLAIM = "no-invention"
SCENARIO = "session-buddy-pairs"

if __name__ == "__main__":
    status = real.migrated()
    real.sql(
        "INSERT OR IGNORE INTO skill_dependencies SELECT skill_name, skill_name, count(DISTINCT session_id), 1.0, ? "
        "FROM skill_invocation JOIN skill_metrics USING (skill_name) GROUP BY 1 HAVING count(DISTINCT session_id) >= 5",
        real.NOW,
    )

    sys.exit(status)
