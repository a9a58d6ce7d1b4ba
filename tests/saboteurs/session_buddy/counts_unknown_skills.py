"""Makes up the missing parents of invocations, so that no foreign key fails."""

import sys

import real

CLAIM = "no-invention"
SCENARIO = "session-buddy-damaged-rows"

if __name__ == "__main__":
    status = real.migrated()
    unknown = "SELECT DISTINCT skill_name FROM skill_invocation EXCEPT SELECT skill_name FROM skill_metrics"
    real.sql(f"INSERT INTO skill_metrics (skill_name) {unknown}")

    sys.exit(status)
