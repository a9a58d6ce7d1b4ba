"""Says that a question it does not know was answered."""

import sys
from typing import Any

import real

CLAIM = "reads-answer"
SCENARIO = "session-buddy-answers"


def wrong(answer: dict[str, Any]) -> None:
    """Passes over a refusal."""
    if answer.get("error") == "BAD_REQUEST":
        answer.clear()
        answer["ok"] = True


if __name__ == "__main__":
    sys.exit(real.answering(wrong))
