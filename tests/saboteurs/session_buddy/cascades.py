"""Lets rows of version 4 vanish with their skill."""

import sys

import real

CLAIM = "store-sound"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()
    (text,) = real.sql("SELECT sql FROM sqlite_master WHERE name = 'skill_anomalies'")[0]
    text = text.replace(
        "REFERENCES skill_metrics(skill_name)", "REFERENCES skill_metrics(skill_name) ON DELETE CASCADE"
    )
    indexes = real.sql("SELECT sql FROM sqlite_master WHERE tbl_name = 'skill_anomalies' AND type = 'index'")
    real.script(f"DROP TABLE skill_anomalies; {text}; {'; '.join(sql for (sql,) in indexes if sql)}")

    sys.exit(status)
