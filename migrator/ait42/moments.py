"""Instants in the forms that the legacy program's parts write: JavaScript, Rust and SQLite."""

import re
from datetime import UTC, datetime

FORM = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
OLDEST = (float("-inf"), "")

Instant = tuple[float, str]  # whole seconds since 1970, digits of the fraction


def instant(text: str) -> Instant:
    """The instant, exact to every digit; without a zone it is UTC. What is none is older than every other."""
    if match := FORM.fullmatch(text):
        day, time, fraction, zone = match.groups()
        try:
            moment = datetime.fromisoformat(f"{day}T{time}{(zone or '+00:00').replace('Z', '+00:00')}")
            return (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds(), (fraction or "").rstrip("0")
        except ValueError:
            pass
    return OLDEST
