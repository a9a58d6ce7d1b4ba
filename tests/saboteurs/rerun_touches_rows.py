"""Sets updated_at of every session on every run."""

import sys

import real

CLAIM = "rerun-is-noop"
SCENARIO = "ao-rerun"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate":
        real.sql("UPDATE sessions SET updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')")
    sys.exit(status)
