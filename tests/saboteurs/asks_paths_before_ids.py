"""Finds the project of an old folder by the repositories first: one called like the id of another takes its sessions."""

import os
import sys

import real

from migrator.ao import registry

CLAIM = "no-corruption"
SCENARIO = "ao-twins"
OWNER = registry.Projects.owner


def by_path(self: registry.Projects, folder: str) -> str | None:
    named = [key for key, path in self._paths.items() if os.path.basename(path) == folder[13:]]
    return named[0] if len(named) == 1 else OWNER(self, folder)


if __name__ == "__main__":
    registry.Projects.owner = by_path  # type: ignore[method-assign]
    sys.exit(real.run())
