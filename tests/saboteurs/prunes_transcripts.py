"""Prunes with a backup the files that its run had copied."""

import sys

import real

CLAIM = "retention-kept"
SCENARIO = "ao-prune-then-rollback-refuses"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "prune" and status == 0:
        for path in real.BUCKETS.glob("*ao-data-worktrees*/*.jsonl"):
            path.unlink()
    sys.exit(status)
