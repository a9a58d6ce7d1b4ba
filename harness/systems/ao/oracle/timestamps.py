"""Instants: which texts the migration may read, which texts the daemon can read back, and the one form written.

All written instants are UTC in the form ``2026-05-01T10:00:00.123Z``, the fraction cut to milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

_LEGACY = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?P<minute>[0-9]{2}:[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9}))?)?"
    r"(?: ?(?:Z|UTC|(?P<zone>[+-][0-9]{2}:?[0-9]{2})(?: UTC)?))?)?"
)
"""What counts as an instant in a legacy file; no zone means UTC."""

_DAEMON = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?P<minute>[0-9]{2}:[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?)?"
    r"(?:(?P<zone>[+-][0-9]{2}:[0-9]{2})| (?P<named>[+-][0-9]{4}) [A-Z]{3,4})?)?Z?"
)
"""What the daemon's driver reads from a TIMESTAMP column: ``modernc.org/sqlite:sqlite.go`` ``parseTimeFormats``."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS_FROM = 10**11
"""A registration number above this is milliseconds; as seconds it would lie beyond the year 5138."""


def read_legacy(value: Any) -> str | None:
    """Returns the written form of an instant found in a legacy file, or None when it cannot be read as one."""
    return _read(_LEGACY, value)


def read_as_daemon(value: Any) -> str | None:
    """Returns the written form of a TIMESTAMP column's value, or None for a value that breaks the daemon's lists."""
    return _read(_DAEMON, value)


def from_mtime(mtime_ns: int) -> str:
    """Returns a file's mtime (ns) in the written form."""
    return _written(_EPOCH + timedelta(milliseconds=mtime_ns // 1_000_000))


def from_number(value: Any) -> list[str]:
    """Returns the written forms of a registration number (epoch seconds, or ms when large); empty when it is none.

    A number with a fraction has two forms where the exact value and a double's product differ by a millisecond.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or value - value != 0:
        return []
    scale = 1 if value > _MS_FROM else 1000
    forms = []
    for milliseconds in (int(Fraction(value) * scale), int(value * scale)):
        try:
            form = _written(_EPOCH + timedelta(milliseconds=milliseconds))
        except OverflowError:
            continue
        if form not in forms:
            forms.append(form)
    return forms


def first_readable(values: Iterable[Any], otherwise: str) -> str:
    """Returns the written form of the first value that can be read as an instant."""
    return next((found for found in map(read_legacy, values) if found is not None), otherwise)


def _read(grammar: re.Pattern[str], value: Any) -> str | None:
    match = grammar.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    part = match.groupdict()
    milliseconds = ((part["fraction"] or "") + "000")[:3]
    local = f"{part['date']}T{part['minute'] or '00:00'}:{part['second'] or '00'}.{milliseconds}+00:00"
    offset = _offset(part["zone"] or part.get("named"))
    try:
        return None if offset is None else _written(datetime.fromisoformat(local) - offset)
    except (ValueError, OverflowError):  # no such date, or the shift leaves the years 1 to 9999
        return None


def _offset(zone: str | None) -> timedelta | None:
    """Returns the shift of ``+05:30`` or ``+0530``; nothing for one that no clock has."""
    if zone is None:
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 23 or minutes > 59:
        return None
    shift = timedelta(hours=hours, minutes=minutes)
    return -shift if zone[0] == "-" else shift


def _written(instant: datetime) -> str:
    return instant.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
