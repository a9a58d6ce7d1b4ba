"""Reads YAML by the rules of version 1.1, in which `yes` is true, `0755` is 493 and `<<` merges."""

import sys
from typing import Any

import real
import yaml

from migrator.ao import yaml12

CLAIM = "no-corruption"
SCENARIO = "ao-varied"


def load(data: bytes) -> Any:
    try:
        return yaml.safe_load(data.decode("utf-8-sig", "replace"))
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(str(error)) from error


if __name__ == "__main__":
    yaml12.load = load
    sys.exit(real.run())
