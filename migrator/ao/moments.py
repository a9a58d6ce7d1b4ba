"""Points in time as the new daemon can read them: `YYYY-MM-DDTHH:MM:SS.mmmZ`, text, UTC.

One row that its driver cannot parse (a number, free text) makes the whole list fail, so a value that is not
certainly a time is never written.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FORM = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"(?: ?(?:Z|UTC|([+-])([0-9]{2}):?([0-9]{2})(?: UTC)?))?)?"
)
LATEST = datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)


def written(moment: datetime) -> str:
    """The moment as it is stored; a fraction is cut to milliseconds."""
    utc = moment.astimezone(UTC)
    return f"{utc.year:04d}-{utc:%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def parsed(value: Any) -> str | None:
    """A stored time for a text that is one; without a zone it is UTC. None for anything else."""
    match = FORM.fullmatch(value) if isinstance(value, str) else None
    if not match:
        return None
    *date, fraction, sign, hours, minutes = match.groups()
    zone = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    if minutes and int(minutes) > 59:
        return None
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in date)
        micro = int((fraction or "0").ljust(6, "0")[:6])
        return written(datetime(year, month, day, hour, minute, second, micro, tzinfo=timezone(zone)))
    except (ValueError, OverflowError):
        return None


def from_ns(ns: int) -> str:
    """A stored time for a file time in nanoseconds; beyond year 9999 the last moment there is."""
    return from_ms(ns // 1_000_000)


def from_ms(ms: float) -> str:
    """A stored time for milliseconds since 1970; out of range, the nearest moment there is."""
    try:
        return written(EPOCH + timedelta(milliseconds=ms))
    except (OverflowError, ValueError):
        return written(LATEST if ms > 0 else EPOCH)
