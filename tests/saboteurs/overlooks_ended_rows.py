"""Looks only at what still runs in the target when it asks which ids and numbers are taken."""

import sqlite3
import sys

import real

from migrator.ao import target

CLAIM = "ends-as-expected"
SCENARIO = "ao-used-target"
LOOK = target.picture


def running(connection: sqlite3.Connection) -> target.Picture:
    """The picture, without the sessions that have ended."""
    found = LOOK(connection)
    for (ended,) in connection.execute("SELECT id FROM sessions WHERE is_terminated").fetchall():
        found.sessions.pop(ended, None)
        for numbers in found.numbers.values():
            for number in [number for number, sid in numbers.items() if sid == ended]:
                del numbers[number]
    return found


if __name__ == "__main__":
    target.picture = running
    sys.exit(real.run())
