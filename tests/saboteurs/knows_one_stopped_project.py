"""Of the sessions that a clean stop ended knows only those of the project that was stopped from."""

import sys
from typing import Any

import real

from migrator.ao import registry
from migrator.ao.places import Places

CLAIM = "accounted-for"
SCENARIO = "ao-twins"

if __name__ == "__main__":
    read = registry.read_json

    def without_others(places: Places, *name: str) -> dict[str, Any]:
        return {key: part for key, part in read(places, *name).items() if key != "otherProjects"}

    registry.read_json = without_others
    sys.exit(real.run())
