"""Of two records of one session takes that of the old layout: what was done since the conversion is gone."""

import sys

import real

from migrator.ao.gathered import Candidate, Gathered

CLAIM = "no-corruption"
SCENARIO = "ao-twins"
ADD = Gathered.add


def swapped(self: Gathered, one: Candidate) -> None:
    ADD(self, one._replace(v1=not one.v1))


if __name__ == "__main__":
    Gathered.add = swapped  # type: ignore[method-assign]
    sys.exit(real.run())
