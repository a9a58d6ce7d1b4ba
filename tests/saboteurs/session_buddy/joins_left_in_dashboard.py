"""Shows skills without live figures on the dashboard, too."""

import sys

import real

CLAIM = "store-sound"
SCENARIO = "session-buddy-work-between-runs"

if __name__ == "__main__":
    status = real.migrated()
    (text,) = real.sql("SELECT sql FROM sqlite_master WHERE name = 'v_realtime_skill_dashboard'")[0]
    real.script(f"DROP VIEW v_realtime_skill_dashboard; {text.replace(' JOIN', ' LEFT JOIN', 1)}")

    sys.exit(status)
