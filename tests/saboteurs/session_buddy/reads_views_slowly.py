"""Has one view read the invocations once for each skill: right, and far too slow."""

import sys
from typing import Any

import real

CLAIM = "reads-in-time"
SCENARIO = "session-buddy-reference-load"


def wrong(answer: dict[str, Any]) -> None:
    """Adds what a hundred readings more take."""
    for name, view in answer.get("views", {}).items():
        if name == "v_multimodal_skill_catalog":
            view["ms"] += 100 * 9


if __name__ == "__main__":
    sys.exit(real.answering(wrong))
