"""Sets the change log's counter back after a rollback, so that the daemon's readers never see the next events."""

import sys

import real

CLAIM = "rollback-takes-back"
SCENARIO = "ao-rollback-new-work"
BACK = """
    UPDATE sqlite_sequence SET seq = (SELECT coalesce(max(seq), 0) FROM change_log) WHERE name = 'change_log'
"""

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "rollback" and status == 0 and real.DATABASE.exists():
        real.sql(BACK)
    sys.exit(status)
