"""What a migration of the skills database is asked to do, where its caller can choose; told by the facts of a profile."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from harness.systems.session_buddy.model import AS_OF
from harness.systems.session_buddy.oracle.instants import bucket_of, hour_of, instant_of

HOURS = 720
"""The window of the time series: the hour of the instant asked for, and those before it (30 days)."""

_ZONE = re.compile(r"([+-])(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class Asked:
    """The choices of one migration; those of the defaults are a migration without options.

    Attributes:
        as_of: the instant to which the backfills are taken.
        taxonomy: which part of it is stored: ``strict``, that of known skills; ``full``; ``none``.
        backfill: whether the computed tables are filled.
        checksum: whether the record of version 4 has one.
        zone: how far ahead of UTC a time is that says no zone.
        all_times: whether hours before the window count too.
        repair: whether missing objects of a recorded version 4 are made, and foreign keys of old releases put right.
        named: whether the database is named, so that nothing has to be looked for.
        export: the folder in the home from which rows are put back; empty for none.
    """

    as_of: datetime = AS_OF
    taxonomy: str = "strict"
    backfill: bool = True
    checksum: bool = True
    zone: timedelta = timedelta(0)
    all_times: bool = False
    repair: bool = False
    named: bool = False
    export: str = ""

    def instant(self, text: object) -> datetime | None:
        """Returns the instant, in UTC, that a value in a column of times stands for; None where it stands for none."""
        return instant_of(text, self.zone)

    def counts(self, instant: datetime) -> bool:
        """Tells whether an instant lies in an hour that the time series tells of."""
        return not self.late(instant) and not self.early(instant)

    def late(self, instant: datetime) -> bool:
        """Tells whether an instant lies after the last hour."""
        return hour_of(instant) > hour_of(self.as_of)

    def early(self, instant: datetime) -> bool:
        """Tells whether an instant lies before the first hour."""
        first = hour_of(self.as_of) - timedelta(hours=HOURS - 1)
        return not self.all_times and hour_of(instant) < first

    def window(self) -> tuple[str, str]:
        """Returns the names of the first and the last hour; the first is empty where there is none."""
        first = "" if self.all_times else bucket_of(self.as_of - timedelta(hours=HOURS - 1))
        return first, bucket_of(self.as_of)


def asked_of(conditions: Iterable[str], as_of: datetime = AS_OF) -> Asked:
    """Returns what the conditions ask for, such as ``full-taxonomy`` and ``naive-tz +05:30``.

    Raises:
        ValueError: a condition begins as one that has a value, and its value is none.
    """
    values = dict(condition.split(" ", 1) for condition in conditions if " " in condition)
    plain = {condition for condition in conditions if " " not in condition}
    return Asked(
        as_of=as_of,
        taxonomy="none" if "no-taxonomy" in plain else "full" if "full-taxonomy" in plain else "strict",
        backfill="no-backfill" not in plain,
        checksum="no-checksum" not in plain,
        zone=_zone(values.get("naive-tz", "+00:00")),
        all_times="all-times" in plain,
        repair="repair" in plain,
        named="database-named" in plain,
        export=values.get("import", ""),
    )


def _zone(text: str) -> timedelta:
    found = _ZONE.fullmatch(text)
    if found is None:
        raise ValueError(f"naive-tz {text}: an offset is written as +05:30")
    return timedelta(hours=int(found[2]), minutes=int(found[3])) * (-1 if found[1] == "-" else 1)
