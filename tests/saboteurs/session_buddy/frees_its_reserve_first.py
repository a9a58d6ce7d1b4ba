"""Gives the room that it had set aside away before it knows that the rollback can be done; then it refuses all the same."""

import sys

import real

from migrator.export import Export

CLAIM = "refusal-is-clean"
SCENARIO = "session-buddy-each-error-rollback-over-work"


if __name__ == "__main__":
    write = Export.write

    def spending(self: Export, lost: object) -> dict[str, object]:
        for run in sorted(real.STATE.glob("session-buddy/*")):
            (run / "reserve").unlink(missing_ok=True)
        return write(self, lost)

    Export.write = spending
    sys.exit(real.run())
