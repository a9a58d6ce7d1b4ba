"""Takes any text for a resume id: one that is a path leads out of the folder of conversations."""

import sys
from typing import Any

import real

from migrator.ao import session

CLAIM = "no-corruption"
SCENARIO = "ao-transcripts"
RESUME_ID = session._resume_id


def trusting(raw: dict[str, Any], harness: str, tell: session.Tell) -> str:
    value = raw.get(session.RESUME_KEY.get(harness, ""))
    return session.clean(value) if value and isinstance(value, str) else RESUME_ID(raw, harness, tell)


if __name__ == "__main__":
    session._resume_id = trusting
    sys.exit(real.run())
