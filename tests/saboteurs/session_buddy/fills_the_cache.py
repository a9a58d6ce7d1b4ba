"""Fills the live cache from the totals, so that the dashboard is not empty: for ever in the last hour."""

import sys

import real

CLAIM = "no-invention"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()

    real.sql(
        "INSERT INTO skill_metrics_cache (skill_name, last_invocation_at, invocation_count_1h, updated_at) "
        "SELECT skill_name, last_invoked, total_invocations, updated_at FROM skill_metrics"
    )

    sys.exit(status)
