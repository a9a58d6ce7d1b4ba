"""Takes any text for a resume id: one that is a path leads out of the folder of conversations."""

import sys
from typing import Any

import real

from migrator.ao import session

CLAIM = "no-corruption"
SCENARIO = "ao-hostile-values"


def trusting(raw: dict[str, Any], harness: str, _: session.Tell) -> str:
    value = raw.get(session.RESUME_KEY.get(harness, ""))
    return session.clean(value) if isinstance(value, str) else ""


if __name__ == "__main__":
    session._resume_id = trusting
    sys.exit(real.run())
