"""Computes hours, pairs and users from all invocations at once, and leaves out what there is no memory for."""

import sys

import real

from migrator.session_buddy.upgrade import Upgrade

CLAIM = "no-loss"
SCENARIO = "session-buddy-little-memory-migrate"
ROOM = 8 << 20
fill = Upgrade._fill


def filled(upgrade: Upgrade, stamp: str) -> None:
    """The tables are filled, if there is memory to hold all invocations."""
    try:
        held = bytearray(ROOM)
        fill(upgrade, stamp)
        del held
    except MemoryError:
        pass


if __name__ == "__main__":
    Upgrade._fill = filled  # type: ignore[method-assign]
    sys.exit(real.run())
