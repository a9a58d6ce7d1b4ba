"""Makes an index without its DESC."""

import sys

import real

CLAIM = "store-sound"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()
    real.script(
        "DROP INDEX idx_anomalies_detected_at; CREATE INDEX idx_anomalies_detected_at ON skill_anomalies (detected_at)"
    )

    sys.exit(status)
