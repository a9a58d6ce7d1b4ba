"""Notes the run as done as soon as the rows are in; killed before the transcripts get their names, it leaves them so."""

import sys
from typing import Any

import real

from migrator.journal import Run

CLAIM = "same-as-clean-run"
SCENARIO = "ao-each-write-migrate"

if __name__ == "__main__":
    add = Run.add

    def early(run: Run, state: str, **facts: Any) -> None:
        """Notes what comes next beforehand, lest it be forgotten."""
        add(run, state, **facts)
        if state == "committing":
            add(run, "done", at="2026-01-01T00:00:00+00:00")

    Run.add = early  # type: ignore[method-assign]
    sys.exit(real.run())
