"""Questions that version 4 is there to answer: a JSON object a line on stdin, an answer a line on stdout.

All is read from a private copy, made when the process begins, so nothing on disk changes. The figures are those that
upstream's analytics mean; where its code counts rows for skills, or forgets whole tables, the meaning counts.
"""

import hashlib
import json
import math
import re
import time
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from sqlite3 import Connection
from typing import Any, NamedTuple, Protocol, TextIO

from migrator.database import Database, quoted
from migrator.outcome import Refusal
from migrator.session_buddy import ddl, moments
from migrator.session_buddy.state import State

MICRO, HOUR = 1_000_000, 3_600_000_000  # instants are counted in microseconds
LEAST_BEFORE, LEAST_NOW, SIMILAR = 5, 2, 10  # rows for a rate before and now, similar users that count
NOW = re.compile(r"'now'", re.IGNORECASE)
Answer = dict[str, Any]


class Asked(Protocol):
    """What is needed of the system."""

    database: Database

    @property
    def as_of(self) -> datetime:
        """The instant for which things are computed."""

    @property
    def reader(self) -> moments.Reader:
        """How times are read."""

    def nothing(self) -> str | None:
        """Raises Refusal when there is no database."""

    def guard(self) -> None:
        """Raises Refusal while anyone uses the database."""

    def examined(self, db: Connection) -> State:
        """In which state the database is. Raises Refusal."""


class Invocation(NamedTuple):
    """One use of a skill that has an instant; `seconds` is None where they are no use."""

    instant: int
    number: int
    skill: str
    text: str
    completed: int
    seconds: float | None


def run(system: Asked, requests: TextIO, answers: TextIO) -> None:
    """Every request is answered, until there are no more. Raises Refusal when there is no version 4 to ask."""
    system.nothing()
    system.guard()
    with system.database.seen() as db:
        if not system.examined(db).complete:
            raise Refusal("V4_MISSING", f"{system.database.path} is not at version 4; migrate it first.")
        questions = Questions(db, system.as_of, system.reader)
        for line in requests:
            if line.strip():
                answers.write(json.dumps(questions.answer(line)) + "\n")
                answers.flush()


class Questions:
    """The questions that can be asked of one database as of one instant."""

    def __init__(self, db: Connection, as_of: datetime, reader: moments.Reader) -> None:
        self._db, self._reader = db, reader
        self._now = _micro(moments.of(as_of))
        _stop_the_clock(db, as_of)
        self._operations: dict[str, Callable[..., Answer]] = {
            "live-metrics": self._live_metrics,
            "anomalies": self._anomalies,
            "recommendations": self._recommendations,
            "ab-summary": self._ab_summary,
            "views": self._views,
        }

    def answer(self, line: str) -> Answer:
        """The answer to one request; one that cannot be understood is told so."""
        try:
            request = json.loads(line)
            return {"ok": True, **self._operations[request.pop("op")](**request)}
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError) as error:
            what = f"no such operation: {error}" if isinstance(error, KeyError) else str(error)
            return {"ok": False, "error": "BAD_REQUEST", "message": what}
        except LookupError as error:
            return {"ok": False, "error": str(error)}

    @cached_property
    def _invocations(self) -> list[Invocation]:
        """Every invocation that has an instant, in order of time."""
        query = (
            "SELECT id, skill_name, invoked_at, typeof(completed) = 'integer' AND completed = 1, duration_seconds "
            "FROM skill_invocation WHERE typeof(skill_name) = 'text'"
        )
        found: list[Any] = []
        for number, skill, text, completed, seconds in self._db.execute(query):
            if moment := self._reader.moment(text):
                usable = seconds if _usable(seconds) else None
                found.append(Invocation(_micro(moment), number, skill, text, completed, usable))
        return sorted(found, key=lambda one: one[:2])

    @cached_property
    def _instants(self) -> list[int]:
        return [one.instant for one in self._invocations]

    def _between(self, low: int, high: int) -> dict[str, list[Invocation]]:
        """By skill the invocations from place `low` up to place `high`."""
        found: dict[str, list[Invocation]] = defaultdict(list)
        for one in self._invocations[low:high]:
            found[one.skill].append(one)
        return found

    def _live_metrics(self, *, limit: int = 5, window_hours: float = 1.0) -> Answer:
        """The skills of the last hours that were used most."""
        begin = self._now - _hours(window_hours)
        low, high = bisect_right(self._instants, begin), bisect_right(self._instants, self._now)
        skills: list[Answer] = []
        for skill, rows in self._between(low, high).items():
            times = [one.seconds for one in rows if one.completed and one.seconds is not None]
            skills.append({
                "skill_name": skill,
                "invocation_count": len(rows),
                "completed_count": sum(one.completed for one in rows),
                "avg_duration": sum(times) / len(times) if times else 0.0,
                "last_invocation_at": rows[-1].text,
            })  # fmt: skip
        skills.sort(key=lambda one: (-one["invocation_count"], one["skill_name"]))
        return {"skills": skills[: _whole(limit)]}

    def _anomalies(self, *, threshold: float = 2.0, window_hours: float = 24.0) -> Answer:
        """Skills whose rate in the last hour is far from what it was in the hours before, in standard deviations."""
        least = _number(threshold)
        edges = self._now - _hours(window_hours), self._now - HOUR
        low, middle = (bisect_left(self._instants, edge) for edge in edges)
        before = self._between(low, middle)
        found: list[Any] = []
        for skill, rows in self._between(middle, bisect_right(self._instants, self._now)).items():
            earlier = [one.completed for one in before.get(skill, ())]
            if len(earlier) < LEAST_BEFORE or len(rows) < LEAST_NOW:
                continue
            base, observed = _mean(earlier), _mean([one.completed for one in rows])
            spread = math.sqrt(sum((value - base) ** 2 for value in earlier) / (len(earlier) - 1))
            score = (observed - base) / spread if spread else 0.0
            if spread and abs(score) >= least:
                found.append({
                    "skill_name": skill,
                    "anomaly_type": "performance_spike" if score > 0 else "performance_drop",
                    "baseline_value": base,
                    "observed_value": observed,
                    "deviation_score": score,
                })  # fmt: skip
        return {"anomalies": sorted(found, key=lambda one: (-abs(one["deviation_score"]), one["skill_name"]))}

    def _recommendations(self, *, user: str, limit: int = 5, min_common: int = 3) -> Answer:
        """Skills that users with the same skills completed, and this user never tried."""
        if not isinstance(user, str):
            raise TypeError("user is text")
        own = {user, hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()}
        tried, completed = self._users()
        mine = {skill for name in own for skill in completed.get(name, ())}
        known = {skill for name in own for skill in tried.get(name, ())}
        alike = []
        for name, theirs in completed.items():
            common = mine & theirs.keys()
            if name not in own and len(common) >= max(_whole(min_common), 1):
                alike.append((-len(common) / len(mine | theirs.keys()), name))
        best: dict[str, Answer] = {}
        for turned, name in sorted(alike)[:SIMILAR]:
            for skill, count in completed[name].items():
                rate = count / tried[name][skill]
                score = -turned * rate
                if skill not in known and (skill not in best or score > best[skill]["score"]):
                    about = {"score": score, "completion_rate": rate, "similar_user": name}
                    best[skill] = {"skill_name": skill, **about}
        ordered = sorted(best.values(), key=lambda one: (-one["score"], one["skill_name"]))
        return {"recommendations": ordered[: _whole(limit)]}

    def _users(self) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, int]]]:
        """By user and skill, how often it was tried, and how often completed where it ever was."""
        tried: dict[str, dict[str, int]] = defaultdict(dict)
        completed: dict[str, dict[str, int]] = defaultdict(dict)
        query = (
            "SELECT user_id, skill_name, count(*), total(typeof(completed) = 'integer' AND completed = 1) "
            "FROM skill_user_interactions WHERE typeof(user_id) = 'text' AND typeof(skill_name) = 'text' GROUP BY 1, 2"
        )
        for user, skill, count, done in self._db.execute(query):
            tried[user][skill] = count
            if done:
                completed[user][skill] = int(done)
        return tried, completed

    def _ab_summary(self, *, test: str) -> Answer:
        """What the two groups of a test came to; there is no winner that anyone worked out."""
        query = "SELECT test_id, test_name, status FROM ab_test_configs WHERE test_name = ?"
        found = self._db.execute(query, (test,)).fetchone() if isinstance(test, str) else None
        if found is None:
            raise LookupError("NO_SUCH_TEST")
        number, name, status = found
        groups = {group: self._group(number, group) for group in ("control", "treatment")}
        return {"test_name": name, "status": status, **groups, "winner": None}

    def _group(self, number: int, group: str) -> Answer:
        users = "SELECT user_id FROM ab_test_assignments WHERE test_id = ? AND group_name = ?"
        count = self._db.execute(f"SELECT count(*) FROM ({users})", (number, group)).fetchone()[0]
        query = (
            "SELECT typeof(completed) = 'integer' AND completed = 1, duration_seconds FROM ab_test_outcomes "
            f"WHERE test_id = ? AND user_id IN ({users})"
        )
        rows = self._db.execute(query, (number, number, group)).fetchall()
        times = [seconds for _, seconds in rows if _usable(seconds)]
        rate, average = _mean([done for done, _ in rows]) if rows else None, _mean(times) if times else None
        return {"users": count, "outcomes": len(rows), "completion_rate": rate, "avg_duration": average}

    def _views(self) -> Answer:
        """How many rows each view has, and how many milliseconds it takes to read them all."""
        found = {}
        for name in ddl.VIEWS:
            begin = time.perf_counter()
            rows = len(self._db.execute(f"SELECT * FROM {name}").fetchall())
            found[name] = {"rows": rows, "ms": round((time.perf_counter() - begin) * 1000, 3)}
        return {"views": found}


def _stop_the_clock(db: Connection, as_of: datetime) -> None:
    """Views of this private copy that ask for the time are told the instant."""
    instant = as_of.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    views = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'view'").fetchall()
    for name, sql in views:
        if name.lower() in ddl.VIEWS and NOW.search(sql):
            db.execute(f"DROP VIEW {quoted(name)}")
            db.execute(NOW.sub(f"'{instant}'", sql))


def _micro(moment: moments.Moment) -> int:
    return moment.second * MICRO + moment.fraction


def _usable(seconds: Any) -> bool:
    return type(seconds) in {int, float} and 0 <= seconds < math.inf


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _number(value: Any) -> float:
    if type(value) not in {int, float} or not math.isfinite(value):
        raise TypeError(f"{value!r} is no number")
    return float(value)


def _hours(value: Any) -> int:
    if (hours := _number(value)) < 0:
        raise ValueError(f"{value!r} hours are no window")
    return round(hours * HOUR)


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(f"{value!r} is no whole number of at least 0")
    return value
