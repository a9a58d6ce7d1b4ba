"""Creates what is missing only up to the first object that is there: the rest of a half is never made."""

import sys

import real

CLAIM = "no-loss"
SCENARIO = "session-buddy-half-applied"

if __name__ == "__main__":
    half = real.VERB == "migrate" and real.sql(
        "SELECT 1 FROM sqlite_master WHERE name = 'skill_metrics_cache'"
    )
    status = real.migrated()
    if half:
        real.script("DROP VIEW v_multimodal_skill_catalog; DROP INDEX idx_dependencies_lift")

    sys.exit(status)
