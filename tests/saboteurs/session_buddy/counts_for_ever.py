"""Answers what is live from the totals, which nothing ever takes down again."""

import sys
from typing import Any

import real

CLAIM = "reads-answer"
SCENARIO = "session-buddy-answers"


def wrong(answer: dict[str, Any]) -> None:
    """Puts the total in the place of the number within the window."""
    for skill in answer.get("skills", ()):
        known = "SELECT total_invocations FROM skill_metrics WHERE skill_name = ?"
        skill["invocation_count"] = real.sql(known, skill["skill_name"])[0][0]


if __name__ == "__main__":
    sys.exit(real.answering(wrong))
