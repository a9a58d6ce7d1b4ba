"""Instants out of the text that the tool's writers left in `invoked_at`.

Read here and not by SQLite, which takes `now`, `10:30` and 30 February for times, and does not know `+0000`. Local
times without a zone and aware ones stand side by side in one column; an offset says what the former mean.
"""

import re
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ]([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]+))?)?"
    r"(Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?)?"
)
LAST = date.max.toordinal() * 24 + 23


class Moment(NamedTuple):
    """An instant as seconds since the year 1 in UTC and millionths, what is finer cut off; whether the text named no zone."""

    second: int
    fraction: int
    naive: bool


class Reader:
    """Reads texts; `offset` is what a text without a zone means, in minutes east of Greenwich."""

    def __init__(self, offset: int = 0) -> None:
        self._offset = offset
        self._days: dict[str, int | None] = {}
        self._hours: dict[tuple[str, str | None], int | None] = {}
        self._zones: dict[str | None, int] = {None: offset, "Z": 0}

    def hour(self, text: Any) -> int | None:
        """The hours since the year 1 in UTC; None for what is no time. Those of one hour and zone are worked out once."""
        found = TIME.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            return None
        mark = text[:13], found[6]
        try:
            return self._hours[mark]
        except KeyError:
            pass
        moment = self._moment(found)
        hour = None if moment is None else moment.second // 3600
        if not self._shift(found[6]) % 60:  # else the minutes count, too
            self._hours[mark] = hour
        return hour

    def moment(self, text: Any) -> Moment | None:
        """The instant that the text names; None for what is no time."""
        found = TIME.fullmatch(text) if isinstance(text, str) else None
        return found and self._moment(found)

    def _moment(self, found: re.Match[str]) -> Moment | None:
        day = self._day(found[1])
        if day is None:
            return None
        second = day * 86400 + int(found[2] or 0) * 3600 + int(found[3] or 0) * 60 + int(found[4] or 0)
        second -= self._shift(found[6]) * 60
        if not 24 <= second // 3600 <= LAST:  # it would have no name in UTC
            return None
        return Moment(second, int(f"{found[5] or '':0<6.6}"), found[6] is None)

    def _day(self, text: str) -> int | None:
        if text not in self._days:
            try:
                self._days[text] = date.fromisoformat(text).toordinal()
            except ValueError:
                self._days[text] = None
        return self._days[text]

    def _shift(self, zone: str | None) -> int:
        if zone not in self._zones and zone is not None:
            minutes = int(zone[1:3]) * 60 + int(zone[-2:])
            self._zones[zone] = -minutes if zone[0] == "-" else minutes
        return self._zones[zone]


def of(instant: datetime) -> Moment:
    """An aware instant."""
    there = instant.astimezone(UTC)
    of_day = there.hour * 3600 + there.minute * 60 + there.second
    return Moment(there.toordinal() * 86400 + of_day, there.microsecond, False)


def bucket(hour: int) -> str:
    """The name of an hour in the hourly figures."""
    return f"{date.fromordinal(hour // 24).isoformat()}T{hour % 24:02}:00:00"
