"""Is told an instant, and reads the view that asks for the time by the machine's clock all the same."""

import sys

import real

from migrator.session_buddy import query

CLAIM = "reads-answer"
SCENARIO = "session-buddy-answers"

if __name__ == "__main__":
    query._stop_the_clock = lambda *_: None
    sys.exit(real.run())
