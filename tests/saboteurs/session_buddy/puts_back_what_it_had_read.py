"""Checks the tool's invocations against a list of its own when all is done: what came after the list was made is removed."""

import os
import sqlite3
import sys
from contextlib import closing

import real

CLAIM = "others-writes-told"
SCENARIO = "session-buddy-worked-meanwhile"
PASSES = 40  # over the list, each of which takes its time

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate" and status in {0, 4}:
        with closing(sqlite3.connect(real.database())) as connection:
            known = [row[0] for row in connection.execute("SELECT id FROM skill_invocation")]
        kept = real.STATE / "session-buddy" / "list"
        for number in range(PASSES):
            kept.with_name(f"list-{number}").write_text(repr(known))
            os.rename(kept.with_name(f"list-{number}"), kept)
        kept.unlink()
        with closing(sqlite3.connect(real.database())) as connection, connection:
            places = ", ".join("?" * len(known))
            connection.execute(f"DELETE FROM skill_invocation WHERE id NOT IN ({places})", known)
    sys.exit(status)
