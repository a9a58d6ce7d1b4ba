"""Loses the last session of a batch: an off-by-one in the chunking."""

import sys

import real

CLAIM = "no-loss"
SCENARIO = "ao-clean"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate":
        for (name,) in real.sql("SELECT id FROM sessions ORDER BY rowid DESC LIMIT 1"):
            real.sql("DELETE FROM change_log WHERE session_id = ?", name)
            real.sql("DELETE FROM sessions WHERE id = ?", name)
    sys.exit(status)
