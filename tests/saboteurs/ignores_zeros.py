"""Takes ap-007 for number 7, so that it fights with ap-7 for a place."""

import re
import sys

import real

from migrator.ao import numbers

CLAIM = "no-corruption"
SCENARIO = "ao-odd-records"


def own_number(sid: str, prefix: str) -> int | None:
    match = re.fullmatch(re.escape(prefix) + "-([0-9]{1,15})", sid)
    return int(match[1]) if match else None


if __name__ == "__main__":
    numbers.own_number = own_number
    sys.exit(real.run())
