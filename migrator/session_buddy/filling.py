"""Filling the computed tables: a row is written only where it differs from what is there, and none is removed."""

import math
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from typing import Any

from migrator.session_buddy import moments
from migrator.session_buddy.backfill import Figures

ROUNDING = 1e-12
ALIGNED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:00:00")
SERIES = ("invocation_count", "completion_rate", "avg_duration_seconds", "unique_sessions")
UNITS = {
    "naive-times": "times without a zone were read as --naive-tz says, else as UTC",
    "future-times": "invocations after the last hour",
    "before-window": "invocations before the first hour",
    "unusable-duration": "durations that are no number of seconds",
    "unaligned-bucket": "rows of other times than full hours were left",
    "duplicate-bucket": "further rows of the same skill and hour were left",
    "stale-bucket": "rows that no invocation supports were left",
}


class Writer:
    """Writes rows where they differ from what is there."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.changed = Counter[str]()

    def put(self, table: str, key: dict[str, Any], values: dict[str, Any], stamp: dict[str, Any]) -> str:
        """The row with this key has these values; `stamp` is set along with them. Gives whether it is new or changed."""
        where = " AND ".join(f"{name} = ?" for name in key)
        found = self.db.execute(
            f"SELECT {', '.join((*values, *stamp))} FROM {table} WHERE {where}", [*key.values()]
        )
        was = found.fetchone()
        if was is None:
            self.insert(table, {**key, **values, **stamp})
            return "new"
        if not all(map(_same, was, values.values())):
            new = {**values, **stamp}
            names = ", ".join(f"{name} = ?" for name in new)
            self.db.execute(f"UPDATE {table} SET {names} WHERE {where}", [*new.values(), *key.values()])
            self.changed[table] += 1
            return "changed"
        return ""

    def insert(self, table: str, values: dict[str, Any]) -> None:
        """There is one more row."""
        marks = ", ".join("?" * len(values))
        self.db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", [*values.values()])
        self.changed[table] += 1


def _same(was: Any, value: Any) -> bool:
    """Whether two values are equal, but for what the order of adding does to a mean."""
    if type(was) is type(value) is float:
        return math.isclose(was, value, rel_tol=ROUNDING)
    return bool(was == value)


class Filling:
    """The computed tables of one database, and what was found in them."""

    def __init__(self, writer: Writer, figures: Figures, stamp: str) -> None:
        self._writer, self._figures, self._stamp = writer, figures, stamp
        self._found = Counter[str]()

    def series(self) -> tuple[int, int]:
        """The hourly figures are there; how many rows are new, and how many changed."""
        db, table = self._writer.db, "skill_time_series"
        names = ", ".join(("skill_name", "timestamp", *SERIES))
        if not db.execute(f"SELECT 1 FROM {table}").fetchone():
            db.executemany(f"INSERT INTO {table} ({names}) VALUES (?, ?, ?, ?, ?, ?)", self._figures.series)
            self._writer.changed[table] += (new := len(self._figures.series))
            return new, 0
        first, last = (moments.bucket(max(hour, 24)) for hour in self._figures.window)
        there: dict[tuple[str, str], int] = {}
        for number, skill, hour in db.execute(f"SELECT id, skill_name, timestamp FROM {table} ORDER BY id"):
            if not isinstance(hour, str) or not ALIGNED.fullmatch(hour):
                self._found["unaligned-bucket"] += 1
            elif (skill, hour) in there:
                self._found["duplicate-bucket"] += 1
            else:
                there[skill, hour] = number
                self._found["stale-bucket"] += first <= hour <= last
        done = Counter[str]()
        for skill, hour, *values in self._figures.series:
            named = dict(zip(SERIES, values, strict=True))
            if (number := there.get((skill, hour))) is not None:
                self._found["stale-bucket"] -= 1
                done[self._writer.put(table, {"id": number}, named, {})] += 1
            else:
                self._writer.insert(table, {"skill_name": skill, "timestamp": hour, **named})
                done["new"] += 1
        return done["new"], done["changed"]

    def dependencies(self, least: int) -> tuple[int, int]:
        """The pairs of skills are there; how many rows are new, and how many changed."""
        done = Counter[str]()
        query = "SELECT skill_a, skill_b FROM skill_dependencies"
        there = {tuple(row) for row in self._writer.db.execute(query)}
        for one, other, count, lift in self._figures.pairs:
            if count < least:
                continue
            turned = (one, other) not in there and (other, one) in there
            key = dict(zip(("skill_a", "skill_b"), (other, one) if turned else (one, other), strict=True))
            values = {"co_occurrence_count": count, "lift_score": lift}
            done[self._writer.put("skill_dependencies", key, values, {"last_updated": self._stamp})] += 1
        return done["new"], done["changed"]

    def baselines(self) -> tuple[int, int]:
        """The baselines are there; how many rows are new, and how many changed."""
        done = Counter[str]()
        for skill, values in self._figures.baselines:
            stamp = {"last_updated": self._stamp}
            done[self._writer.put("skill_community_baselines", {"skill_name": skill}, values, stamp)] += 1
        return done["new"], done["changed"]

    def notes(self) -> Iterator[tuple[str, str]]:
        """Reasons, and how often."""
        counts = self._figures.counts + self._found
        for reason, about in UNITS.items():
            if counts[reason]:
                yield reason, f"{counts[reason]} {about}"
