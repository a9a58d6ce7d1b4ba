"""Reads JSON with the plain parser: one record that is nested deeply enough ends the whole run in a traceback."""

import json
import sys
from typing import Any

import real

from migrator.ao import session

CLAIM = "ends-as-expected"
SCENARIO = "ao-hostile-values"


def plain(text: str) -> Any:
    return json.loads(text)


if __name__ == "__main__":
    session.strict_json = plain
    sys.exit(real.run())
