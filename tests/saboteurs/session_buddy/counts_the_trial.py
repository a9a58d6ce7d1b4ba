"""Tries the trigger with an insert and takes it out again, but not what it has counted."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()
    if real.sql("SELECT 1 FROM skill_metrics"):
        real.script(
            "INSERT INTO skill_invocation (skill_name, invoked_at, session_id) SELECT skill_name, 'now', 'trial' FROM "
            "skill_metrics LIMIT 1; DELETE FROM skill_invocation WHERE session_id = 'trial'; "
            "DELETE FROM session_skills WHERE session_id = 'trial'; DELETE FROM skill_metrics_cache WHERE last_invocation_at = 'now'"
        )

    sys.exit(status)
