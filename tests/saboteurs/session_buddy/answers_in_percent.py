"""Answers shares of a test as percentages."""

import sys
from typing import Any

import real

CLAIM = "reads-answer"
SCENARIO = "session-buddy-answers"


def wrong(answer: dict[str, Any]) -> None:
    """Multiplies what is a share of 1."""
    for group in ("control", "treatment"):
        rate = answer.get(group, {}).get("completion_rate")
        if rate is not None:
            answer[group]["completion_rate"] = rate * 100


if __name__ == "__main__":
    sys.exit(real.answering(wrong))
