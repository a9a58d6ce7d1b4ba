"""Ends as failed, and not as refused, where another run was quicker or is still at work."""

import sys

import real

CLAIM = "one-run-at-a-time"
SCENARIO = "session-buddy-two-at-once"

if __name__ == "__main__":
    status = real.run()
    sys.exit(5 if status == 3 else status)
