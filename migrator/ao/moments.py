"""Points in time as the new daemon can read them: `YYYY-MM-DDTHH:MM:SS.mmmZ`, text, UTC.

One row that its driver cannot parse (a number, free text) makes the whole list fail, so a value that is not
certainly a time is never written.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FORM = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
    r"( ?(Z|UTC|[+-][0-9]{2}:?[0-5][0-9]( UTC)?))?)?"
)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"  # cut, not rounded


def parsed(value: Any) -> str | None:
    """A stored time for a text that is one; without a zone it is UTC. None for anything else."""
    if not isinstance(value, str) or not re.fullmatch(FORM, value):
        return None
    try:
        moment = datetime.fromisoformat(re.sub(" ?(UTC|Z)$| (?=[+-])", "", value))
        return _written(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def in_range(ms: float) -> str | None:
    """A stored time for milliseconds since 1970, None where no calendar has it."""
    try:
        return _written(EPOCH + timedelta(milliseconds=ms))
    except (OverflowError, ValueError):
        return None


def from_ms(ms: float) -> str:
    """A stored time for milliseconds since 1970; out of range, 1970 or the last moment there is."""
    try:
        return _written(EPOCH + timedelta(milliseconds=ms))
    except (OverflowError, ValueError):
        return "9999-12-31T23:59:59.999Z" if ms > 0 else _written(EPOCH)


def from_ns(ns: int) -> str:
    """As `from_ms`, for a file time in nanoseconds."""
    return from_ms(ns // 1_000_000)
