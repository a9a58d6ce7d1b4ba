"""Looks only at the disk for what is in the way of a conversation: of two for one place the later replaces the first."""

import sys

import real

from migrator.ao import plan

CLAIM = "no-stranding"
SCENARIO = "ao-transcripts"
TRANSCRIPT = plan._Planner._transcript


def alone(self: plan._Planner, project: str, name: str, sid: str, row: dict[str, object]) -> None:
    self._copied.clear()
    TRANSCRIPT(self, project, name, sid, row)
    copies = {copy.target: copy for copy in self.plan.copies}
    self.plan.copies[:] = copies.values()


if __name__ == "__main__":
    plan._Planner._transcript = alone  # type: ignore[method-assign]
    sys.exit(real.run())
