"""Looks only at what still runs in the target when it asks which ids and numbers are taken."""

import sys
from typing import Any

import real

from migrator.ao import plan, target

CLAIM = "ends-as-expected"
SCENARIO = "ao-used-target"


class Running(plan.Picture):
    """The picture, without the sessions that have ended."""

    def _ask(self, query: str, key: str) -> list[Any]:
        return super()._ask(f"{query} AND NOT is_terminated", key)


if __name__ == "__main__":
    target.Picture = Running
    sys.exit(real.run())
