"""Ends before the last block of an export is written: its last line is cut short."""

import sys

import real

CLAIM = "rollback-keeps-new-work"
SCENARIO = "ao-rollback-pull-requests"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "rollback":
        for path in real.exports():
            if path.suffix == ".jsonl":
                path.write_bytes(path.read_bytes()[:-9])
    sys.exit(status)
