"""Knows today's registry only: a home of the first releases has nothing to migrate, it says, and leaves it at that."""

import sys

import real

from migrator.ao import registries
from migrator.ao.places import Places

CLAIM = "no-loss"
SCENARIO = "ao-first-releases"


def paths(places: Places) -> list[str]:
    return [places.config] if places.config else []


if __name__ == "__main__":
    registries.paths = paths
    sys.exit(real.run())
