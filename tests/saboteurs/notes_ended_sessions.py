"""Notes what sessions lose before it knows which of them are migrated: ended ones seem to lose something, too."""

import sys

import real

from migrator.ao import plan

CLAIM = "losses-told"
SCENARIO = "ao-terminated-sessions"
RECORD = plan._Planner._ended


def told(self: plan._Planner, one: plan.Candidate, stopped: set[tuple[str, str]]) -> None:
    self.plan.notes += one.notes
    RECORD(self, one, stopped)


if __name__ == "__main__":
    plan._Planner._ended = told  # type: ignore[method-assign]
    sys.exit(real.run())
