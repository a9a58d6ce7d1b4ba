"""What the three backfills compute from the invocations: hours, pairs and baselines; pure, one pass each.

An *invocation* counts as completed only with the integer 1.  A duration counts when it is a number, finite and not
negative.  Skills that ``skill_metrics`` does not know are in none of them; their sessions count as sessions.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from harness.records import Near, Record, Value
from harness.systems.session_buddy.oracle.asked import Asked
from harness.systems.session_buddy.oracle.instants import bucket_of

LEAST = 5
"""In how many sessions two skills must occur together."""

Text = str | bytes


@dataclass(frozen=True, slots=True)
class Invocation:
    """One row of ``skill_invocation`` as far as the backfills look at it."""

    id: int
    skill: Text
    at: Value
    session: Text
    completed: Value
    duration: Value
    phase: Value

    @property
    def done(self) -> bool:
        """Tells whether it counts as completed."""
        return type(self.completed) is int and self.completed == 1

    @property
    def seconds(self) -> float | None:
        """Returns the duration where it can be used."""
        usable = (
            isinstance(self.duration, int | float) and math.isfinite(self.duration) and self.duration >= 0
        )
        return float(self.duration) if usable else None


def in_order(value: Value) -> tuple[bool, bytes]:
    """Returns a key that sorts texts by code point, and bytes after all text, as SQLite does."""
    if isinstance(value, bytes):
        return True, value
    return False, str(value).encode("utf-8", "surrogateescape")


def time_series(
    rows: Iterable[Invocation], skills: Collection[object], asked: Asked
) -> dict[tuple[Text, str], Record]:
    """Returns a row for each skill and hour of the window with invocations, by skill and text of the hour."""
    groups: dict[tuple[Text, str], list[Invocation]] = defaultdict(list)
    for row in rows:
        instant = asked.instant(row.at)
        if instant is not None and row.skill in skills and asked.counts(instant):
            groups[row.skill, bucket_of(instant)].append(row)
    return {
        key: {
            "skill_name": key[0],
            "timestamp": key[1],
            "invocation_count": len(group),
            "completion_rate": _rate(group),
            "avg_duration_seconds": _mean(group),
            "unique_sessions": len({row.session for row in group}),
        }
        for key, group in groups.items()
    }


def dependencies(rows: Iterable[Invocation], skills: Collection[object]) -> dict[tuple[Text, Text], Record]:
    """Returns a row for each pair of skills that occur together in enough sessions; lift = co * N / (n(a) * n(b))."""
    sessions: dict[Text, set[Text]] = defaultdict(set)
    for row in rows:
        sessions[row.session] |= {row.skill} if row.skill in skills else set()
    alone = Counter(skill for together in sessions.values() for skill in together)
    pairs = Counter(
        pair for together in sessions.values() for pair in combinations(sorted(together, key=in_order), 2)
    )
    return {
        (one, other): {
            "skill_a": one,
            "skill_b": other,
            "co_occurrence_count": count,
            "lift_score": Near(float(Fraction(count * len(sessions), alone[one] * alone[other]))),
        }
        for (one, other), count in pairs.items()
        if count >= LEAST
    }


def baselines(rows: Iterable[Invocation], skills: Collection[object]) -> dict[Text, Record]:
    """Returns a row for each skill that was invoked."""
    groups: dict[Text, list[Invocation]] = defaultdict(list)
    for row in rows:
        if row.skill in skills:
            groups[row.skill].append(row)
    rates = {skill: Fraction(sum(row.done for row in group), len(group)) for skill, group in groups.items()}
    ordered = sorted(rates.values())
    return {
        skill: {
            "skill_name": skill,
            "total_users": len({row.session for row in group}),
            "total_invocations": len(group),
            "global_completion_rate": _rate(group),
            "global_avg_duration_seconds": _mean(group),
            "most_common_workflow_phase": _phase(group),
            "effectiveness_percentile": Near(100.0 * _below(ordered, rates[skill]) / len(ordered)),
        }
        for skill, group in groups.items()
    }


def _below(ordered: Sequence[Fraction], rate: Fraction) -> int:
    return ordered.index(rate)  # the first of those that share the value


def _rate(group: Sequence[Invocation]) -> Near:
    return Near(sum(row.done for row in group) / len(group))


def _mean(group: Sequence[Invocation]) -> Near | None:
    usable = [row.seconds for row in group if row.seconds is not None]
    return Near(sum(usable) / len(usable)) if usable else None


def _phase(group: Sequence[Invocation]) -> Value:
    """Returns the phase that occurs most often, the smallest of several; NULL is no phase."""
    counts = Counter(row.phase for row in group if row.phase is not None)
    return min(counts, key=lambda phase: (-counts[phase], in_order(phase)), default=None)
