"""Takes ap-007 for number 7, which is another session's or nobody's."""

import re
import sqlite3
import sys

import real

CLAIM = "no-corruption"
SCENARIO = "ao-odd-records"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate" and status in {0, 4}:
        for (name,) in real.sql("SELECT id FROM sessions"):
            if match := re.search("-0+([1-9][0-9]{0,15})$", name):
                try:
                    real.sql("UPDATE sessions SET num = ? WHERE id = ?", int(match[1]), name)
                except sqlite3.IntegrityError:
                    continue
    sys.exit(status)
