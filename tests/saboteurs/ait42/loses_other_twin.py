"""Keeps of twins only the one that wins, and none of the other's instances."""

import sys

import real

CLAIM = "no-loss"
SCENARIO = "ait42-twins"

if __name__ == "__main__":
    status = real.migrated()
    twins = real.sql("SELECT DISTINCT entity_id FROM migration_issues WHERE reason = 'duplicate-session'")
    for (name,) in twins:
        real.sql("DELETE FROM instances WHERE session_id = ? AND worktree_path NOT LIKE '%worktrees%'", name)
    sys.exit(status)
