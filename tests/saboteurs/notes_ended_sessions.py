"""Notes what sessions lose before it knows which of them are migrated: ended ones seem to lose something, too."""

import sys
from typing import Any

import real

CLAIM = "losses-told"
SCENARIO = "ao-terminated-sessions"


def told(report: dict[str, Any]) -> None:
    ended = [row for row in report["records"] if row["reason"] == "terminal"]
    report["notes"] += [
        {"source": row["source"], "id": row["id"], "reason": "lost-field", "detail": "tmuxName"}
        for row in ended
    ]


if __name__ == "__main__":
    status = real.run()
    real.edit_report(told)
    sys.exit(status)
