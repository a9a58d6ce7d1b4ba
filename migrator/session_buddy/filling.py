"""Filling the computed tables: a row is written only where it differs from what is there, and none is removed."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from migrator import tables
from migrator.session_buddy import moments
from migrator.session_buddy.backfill import Figures

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
    """Writes rows where they differ from what is there, and keeps what they were."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.changed = Counter[str]()
        self.replaced: list[tuple[str, list[Any], str, dict[str, Any]]] = []  # table, key, digest, old values

    def put(self, table: str, key: dict[str, Any], values: dict[str, Any], stamp: dict[str, Any]) -> str:
        """The row with this key has these values; `stamp` is set along with them. Gives whether it is new or changed."""
        where = " AND ".join(f"{name} = ?" for name in key)
        found = self.db.execute(
            f"SELECT {', '.join((*values, *stamp))} FROM {table} WHERE {where}", [*key.values()]
        )
        was = found.fetchone()
        if was is None:
            self.insert(table, [*key, *values, *stamp], [(*key.values(), *values.values(), *stamp.values())])
            return "new"
        if was[: len(values)] != tuple(values.values()):
            new = {**values, **stamp}
            names = ", ".join(f"{name} = ?" for name in new)
            self.db.execute(f"UPDATE {table} SET {names} WHERE {where}", [*new.values(), *key.values()])
            row = self.db.execute(f"SELECT * FROM {table} WHERE {where}", [*key.values()]).fetchone()
            old = dict(zip(new, was, strict=True))
            self.replaced.append((table, [*key.items()], tables.digest(row), old))
            self.changed[table] += 1
            return "changed"
        return ""

    def insert(self, table: str, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """These rows are new in the table."""
        marks = ", ".join("?" * len(names))
        done = self.db.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)
        self.changed[table] += done.rowcount


class Filling:
    """The computed tables of one database, and what was found in them."""

    def __init__(self, writer: Writer, figures: Figures, stamp: str) -> None:
        self._writer, self._figures, self._stamp = writer, figures, stamp
        self._found = Counter[str]()

    def series(self) -> tuple[int, int]:
        """The hourly figures are there; how many rows are new, and how many changed."""
        first, last = (moments.bucket(max(hour, 24)) for hour in self._figures.window)
        there: dict[tuple[str, str], tuple[Any, ...]] = {}
        stale = 0
        columns = ", ".join(SERIES)
        query = f"SELECT skill_name, timestamp, id, {columns} FROM skill_time_series ORDER BY id"
        for skill, hour, *row in self._writer.db.execute(query):
            if not isinstance(hour, str) or not ALIGNED.fullmatch(hour):
                self._found["unaligned-bucket"] += 1
            elif (skill, hour) in there:
                self._found["duplicate-bucket"] += 1
            else:
                there[skill, hour] = tuple(row)
                stale += first <= hour <= last
        new: list[tuple[Any, ...]] = []
        changed = 0
        for skill, hour, *values in self._figures.series():
            if (was := there.get((skill, hour))) is None:
                new.append((skill, hour, *values))
                continue
            stale -= 1
            if was[1:] != tuple(values):
                named = dict(zip(SERIES, values, strict=True))
                self._writer.put("skill_time_series", {"id": was[0]}, named, {})
                changed += 1
        self._writer.insert("skill_time_series", ("skill_name", "timestamp", *SERIES), new)
        self._found["stale-bucket"] = stale
        return len(new), changed

    def dependencies(self, least: int) -> tuple[int, int]:
        """The pairs of skills are there; how many rows are new, and how many changed."""
        done = Counter[str]()
        query = "SELECT skill_a, skill_b FROM skill_dependencies"
        there = {tuple(row) for row in self._writer.db.execute(query)}
        for one, other, count, lift in self._figures.pairs(least):
            turned = (one, other) not in there and (other, one) in there
            key = dict(zip(("skill_a", "skill_b"), (other, one) if turned else (one, other), strict=True))
            values = {"co_occurrence_count": count, "lift_score": lift}
            done[self._writer.put("skill_dependencies", key, values, {"last_updated": self._stamp})] += 1
        return done["new"], done["changed"]

    def baselines(self) -> tuple[int, int]:
        """The baselines are there; how many rows are new, and how many changed."""
        done = Counter[str]()
        for skill, values in self._figures.baselines():
            stamp = {"last_updated": self._stamp}
            done[self._writer.put("skill_community_baselines", {"skill_name": skill}, values, stamp)] += 1
        return done["new"], done["changed"]

    def notes(self) -> Iterator[tuple[str, str]]:
        """Reasons, and how often."""
        counts = self._figures.counts + self._found
        for reason, about in UNITS.items():
            if counts[reason]:
                yield reason, f"{counts[reason]} {about}"
