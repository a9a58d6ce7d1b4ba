"""Takes a session for ended where its `terminatedAt` is true for Python: an empty text or a zero revives it."""

import sys
from typing import Any

import real

from migrator.ao import session

CLAIM = "no-invention"
SCENARIO = "ao-odd-records"
LIFECYCLE = session._lifecycle


def lenient(raw: dict[str, Any], tell: session.Tell) -> tuple[dict[str, Any], dict[str, Any]]:
    part, runtime = LIFECYCLE(raw, tell)
    return {key: value for key, value in part.items() if key != "terminatedAt" or value}, runtime


if __name__ == "__main__":
    session._lifecycle = lenient
    sys.exit(real.run())
