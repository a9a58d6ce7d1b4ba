"""Never asks whether the database is whole."""

import sys

import real

CLAIM = "ends-as-expected"
SCENARIO = "session-buddy-refuses-damage"

if __name__ == "__main__":
    status = real.run()
    sys.exit(0 if status == 3 and real.VERB == "migrate" else status)
