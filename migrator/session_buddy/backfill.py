"""What the three computed tables of version 4 are to hold, grouped by SQLite out of the invocations.

Only what SQLite cannot know is told by us: the hour that a text means, row by row, and which pairs a session makes. Sums
of seconds depend on the order of adding in their last digit.
"""

import functools
import sqlite3
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

from migrator.session_buddy import moments
from migrator.spool import Spool
from migrator.system import Record

WINDOW = 720  # hours of figures: the guide's thirty days
BEFORE, AFTER = "before", "following"  # in the place of hours that do not count
DONE = "typeof(completed) = 'integer' AND completed = 1"
USABLE = "typeof(duration_seconds) IN ('integer', 'real') AND duration_seconds BETWEEN 0 AND 1.7976931348623157e308"
# Of a text that is a time: whether no zone ends it. A date alone has none; then `Z`, `+00:00` and `+0000` are looked for.
NAIVE = (
    "(length(invoked_at) = 10 OR (substr(invoked_at, -1) <> 'Z' "
    "AND substr(invoked_at, -6, 1) NOT IN ('+', '-') AND substr(invoked_at, -5, 1) NOT IN ('+', '-')))"
)
HOUR = "CASE typeof(invoked_at) WHEN 'text' THEN migrator_hour(CAST(invoked_at AS BLOB)) END"
# LIMIT keeps SQLite from working out the hour again for every group: https://www.sqlite.org/optoverview.html#flattening
SERIES = f"""
SELECT skill_name, hour, count(*), total(done) / count(*), avg(seconds), count(DISTINCT session_id)
FROM (SELECT skill_name, session_id, {HOUR} AS hour, {DONE} AS done, CASE WHEN {USABLE} THEN duration_seconds END AS seconds
    FROM skill_invocation NOT INDEXED WHERE {{known}} LIMIT -1)
GROUP BY hour, skill_name ORDER BY hour, skill_name"""
NOTED = f"""
SELECT total({NAIVE} AND {{timed}}), total(duration_seconds IS NOT NULL AND NOT ({USABLE}))
FROM skill_invocation NOT INDEXED WHERE {{known}}"""
APART = {None: "unparseable-time", BEFORE: "before-window", AFTER: "future-times"}
# For each set of skills, by number, how many sessions used just those: the same ones meet again and again.
TOGETHER = """
SELECT skills, count(*) FROM (
    SELECT group_concat(number) AS skills FROM (
        SELECT DISTINCT session_id, number FROM skill_invocation NOT INDEXED
        LEFT JOIN temp.migrator_skills ON name = skill_name ORDER BY session_id, number)
    GROUP BY session_id)
GROUP BY skills"""
BASELINES = f"""
SELECT skill_name, count(DISTINCT session_id) AS total_users, count(*) AS total_invocations,
    total({DONE}) / count(*) AS global_completion_rate,
    avg(CASE WHEN {USABLE} THEN duration_seconds END) AS global_avg_duration_seconds
FROM skill_invocation WHERE {{known}} GROUP BY skill_name ORDER BY skill_name"""
PHASES = "SELECT skill_name, workflow_phase, count(*) FROM skill_invocation WHERE workflow_phase IS NOT NULL GROUP BY 1, 2"


class Window(NamedTuple):
    """The hours that count, since the year 1, both included."""

    first: int
    last: int


Hour = tuple[str, str, int, float, float | None, int]
"""A row of the hourly figures: skill, hour, number, rate, seconds, sessions; plain, for SQLite binds such a one quicker."""


class Figures:
    """All that is computed from the invocations of one database, each of which is looked at when it is first asked for."""

    def __init__(self, db: sqlite3.Connection, reader: moments.Reader, window: Window) -> None:
        self._db, self.window = db, window
        self._apart = Counter[str]()
        names: dict[int | None, str | None] = {None: None}
        encoding = db.execute("PRAGMA encoding").fetchone()[0]
        encoding = "latin-1" if encoding == "UTF-8" else encoding  # quicker, and what is not ASCII is no time

        def hour(raw: bytes | None) -> str | None:
            found = None if raw is None else reader.hour(raw.decode(encoding, "replace"))
            try:
                return names[found]
            except KeyError:
                return names.setdefault(found, _named(found, window))

        db.create_function("migrator_hour", 1, hour, deterministic=True)
        self._skills = {
            name for (name,) in db.execute("SELECT skill_name FROM skill_metrics") if _is_text(name)
        }
        self._names = sorted(self._skills)
        db.execute("DROP TABLE IF EXISTS temp.migrator_skills")
        db.execute("CREATE TEMP TABLE migrator_skills (name TEXT PRIMARY KEY, number INTEGER)")
        numbered = ((name, number) for number, name in enumerate(self._names))
        db.executemany("INSERT INTO temp.migrator_skills VALUES (?, ?)", numbered)
        used = db.execute("SELECT DISTINCT skill_name FROM skill_invocation")
        everyone = all(name in self._skills for (name,) in used)
        self._known = "1" if everyone else "skill_name IN (SELECT name FROM temp.migrator_skills)"

    @functools.cached_property
    def series(self) -> Spool[Hour]:
        """The hourly figures in the order of their table: hour, then skill."""
        found: Spool[Hour] = Spool(tuple)
        for row in self._db.execute(SERIES.format(known=self._known)):
            if row[1] in APART:
                self._apart[APART[row[1]]] += row[2]
            else:
                found.append(row)
        return found

    @functools.cached_property
    def counts(self) -> Counter[str]:
        """How often there is something to note, by reason."""
        assert self.series is not None
        timed = f"{HOUR} IS NOT NULL" if self._apart["unparseable-time"] else "1"
        found = self._db.execute(NOTED.format(known=self._known, timed=timed)).fetchone()
        return self._apart + Counter(
            dict(zip(("naive-times", "unusable-duration"), map(int, found), strict=True))
        )

    def records(self, source: str) -> Iterator[Record]:
        """The fates of rows that cannot be used."""
        which = {}
        if self._known != "1":
            which["unknown-skill"] = f"NOT {self._known}"
        if self.counts["unparseable-time"]:
            which["unparseable-time"] = f"{self._known} AND {HOUR} IS NULL"
        for reason, condition in which.items():
            for (row,) in self._db.execute(f"SELECT id FROM skill_invocation WHERE {condition} ORDER BY id"):
                yield Record("invocation", f"{source}#skill_invocation/{row}", str(row), "skipped", reason)

    @functools.cached_property
    def pairs(self) -> list[tuple[str, str, int, float]]:
        """Skills that sessions have in common, how many sessions, and how much more than by chance."""
        having, both, total = [0] * len(self._names), Counter[tuple[int, int]](), 0
        for text, sessions in self._db.execute(TOGETHER):
            skills = sorted(map(int, text.split(","))) if text else []
            total += sessions
            for skill in skills:
                having[skill] += sessions
            for pair in combinations(skills, 2):
                both[pair] += sessions
        return [
            (self._names[one], self._names[other], count, count * total / (having[one] * having[other]))
            for (one, other), count in sorted(both.items())
        ]

    @functools.cached_property
    def baselines(self) -> list[tuple[str, dict[str, Any]]]:
        """For each skill the columns of its baseline."""
        return [*self._baselines()]

    def _baselines(self) -> Iterator[tuple[str, dict[str, Any]]]:
        phases: dict[str, tuple[int, str]] = {}
        for skill, phase, count in self._db.execute(PHASES):
            if _is_text(phase):
                phases[skill] = min(phases.get(skill, (0, "")), (-count, phase))
        found = self._db.execute(BASELINES.format(known=self._known))
        names = [column[0] for column in found.description[1:]]
        rows = found.fetchall()
        rates = sorted(row[3] for row in rows)
        lower = {rate: place for place, rate in reversed([*enumerate(rates)])}
        for skill, *values in rows:
            named = dict(zip(names, values, strict=True))
            phase = phases[skill][1] if skill in phases else None
            percentile = 100 * lower[values[2]] / len(rates)
            yield (
                skill,
                {**named, "most_common_workflow_phase": phase, "effectiveness_percentile": percentile},
            )


def _named(hour: int | None, window: Window) -> str | None:
    if hour is None or window.first <= hour <= window.last:
        return None if hour is None else moments.bucket(hour)
    return BEFORE if hour < window.first else AFTER


def _is_text(value: Any) -> bool:
    """Whether this is text in UTF-8."""
    return isinstance(value, str) and not any("\ud800" <= char <= "\udfff" for char in value)
