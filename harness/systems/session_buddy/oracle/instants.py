"""Instants from the texts in ``invoked_at``, by the one grammar that counts; a time without a zone is UTC, unless told.

SQLite would read more ('now', Julian numbers, 30 February) and less (``+0000``), so it is never asked.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_FORM = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?(?:(Z)|([+-])([0-9]{2}):?([0-9]{2}))?)?"
)

BUCKET = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:00:00")
"""How the time series tells an hour; whatever else stands there is no hour of ours."""


def has_zone(text: object) -> bool:
    """Tells whether a readable time says its zone; one that does not counts as UTC."""
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    return found is not None and bool(found[8] or found[9])


def instant_of(text: object, zone: timedelta = timedelta(0)) -> datetime | None:
    """Returns the instant that a value of the column stands for, in UTC; None where it stands for none.

    `zone` is how far ahead of UTC a time is that says no zone.
    """
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, _, sign, hours, minutes = found.groups()
    if hours is not None and (int(hours) > 23 or int(minutes) > 59):
        return None
    shift = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    shift = shift if has_zone(text) else zone
    try:
        local = datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "").ljust(6, "0")[:6]),
            tzinfo=timezone(shift),
        )
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def hour_of(instant: datetime) -> datetime:
    """Returns the beginning of the hour, in UTC, that an instant lies in."""
    return instant.replace(minute=0, second=0, microsecond=0)


def bucket_of(instant: datetime) -> str:
    """Returns the text by which the time series knows the hour of an instant."""
    return hour_of(instant).strftime("%Y-%m-%dT%H:00:00")


def stamp_of(instant: datetime) -> str:
    """Returns an instant as the texts of version 4's own columns have it."""
    return instant.strftime("%Y-%m-%d %H:%M:%S")
