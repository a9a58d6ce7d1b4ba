"""Connects before it looks: a database that is not there is made, empty."""

import sys

import real

CLAIM = "refusal-is-clean"
SCENARIO = "session-buddy-refuses-damage"

if __name__ == "__main__":
    status = real.run()
    if status == 3 and not real.database().exists() and real.database().parent.is_dir():
        real.database().touch()

    sys.exit(status)
