"""Writes all session files anew when it takes a migration back, also those that nobody worked on."""

import sys

import real

CLAIM = "rollback-writes-back"
SCENARIO = "ait42-write-back"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "rollback" and status == 0:
        for name, rows in real.session_files():
            real.write(name, rows)
    sys.exit(status)
