"""Instants from the texts that the editor's writers leave, compared to the last digit; the texts themselves are kept."""

from __future__ import annotations

import datetime as dt
import re
from fractions import Fraction

_FORM = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_BEFORE_ALL = Fraction(-(10**15))
_MAX_OFFSET = (23, 59)


def instant(text: str) -> Fraction:
    """Returns seconds since the epoch; what is no instant lies before all that are, and equals its like."""
    match = _FORM.fullmatch(text)
    if match is None:
        return _BEFORE_ALL
    *numbers, fraction, zone = match.groups()
    try:
        moment = dt.datetime(*map(int, numbers), tzinfo=dt.UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        return _BEFORE_ALL
    seconds = Fraction(int((moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)).total_seconds()))
    if zone and zone != "Z":
        hours, minutes = int(zone[1:3]), int(zone[4:])
        if hours > _MAX_OFFSET[0] or minutes > _MAX_OFFSET[1]:
            return _BEFORE_ALL
        seconds -= (1 if zone[0] == "+" else -1) * (hours * 3600 + minutes * 60)
    return seconds + (Fraction(int(fraction[1:]), 10 ** len(fraction[1:])) if fraction else 0)
