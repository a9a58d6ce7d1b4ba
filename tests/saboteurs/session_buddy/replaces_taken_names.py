"""Drops what stands in the way of its own objects."""

import sys

import real

CLAIM = "ends-as-expected"
SCENARIO = "session-buddy-refuses-taken-names"

if __name__ == "__main__":
    status = real.run()
    if status == 3 and real.VERB == "migrate":
        own = real.sql(
            "SELECT type, name FROM sqlite_master WHERE name IN ('skill_anomalies', 'skill_modalities', "
            "'v_ab_test_summary', 'skill_clusters', 'skill_categories', 'trg_metrics_cache_after_insert')"
        )
        real.script("".join(f"DROP {kind} {name};" for kind, name in own))
        status = real.run()

    sys.exit(status)
