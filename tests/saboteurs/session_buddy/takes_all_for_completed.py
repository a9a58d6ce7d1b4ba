"""Answers as if every invocation that is live had been completed."""

import sys
from typing import Any

import real

CLAIM = "reads-answer"
SCENARIO = "session-buddy-answers"


def wrong(answer: dict[str, Any]) -> None:
    """Puts the number of invocations in the place of that of completed ones."""
    for skill in answer.get("skills", ()):
        skill["completed_count"] = skill["invocation_count"]


if __name__ == "__main__":
    sys.exit(real.answering(wrong))
