"""Well-known wrong computations, each told by its cause where the rows are what it yields and not what is right.

They are upstream's own (`calculate_dependencies`, `update_community_baselines`, the backfill loop of its guide).
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from harness.records import Near, Record, Tables, Value, same_value
from harness.systems.session_buddy.oracle import backfills
from harness.systems.session_buddy.oracle.backfills import Invocation
from harness.systems.session_buddy.oracle.state import invocations

_Wrong = Callable[[Sequence[Invocation]], Mapping[Any, Value]]


def mistakes(connection: sqlite3.Connection, tables: Tables) -> Iterator[str]:
    """Yields the cause for each column in which a row has the value that a known mistake yields."""
    rows = invocations(connection)
    skills = {row["skill_name"] for row in tables["skill_metrics"].values()}
    right: dict[str, Mapping[Any, Record]] = {
        "skill_dependencies": backfills.dependencies(rows, skills),
        "skill_community_baselines": backfills.baselines(rows, skills),
    }
    for table, column, cause, wrong in _KNOWN:
        yield from _told(tables[table], right[table], wrong(rows), (table, column, cause))


def _told(
    found: Mapping[str, Record],
    right: Mapping[Any, Record],
    wrong: Mapping[Any, Value],
    about: tuple[str, str, str],
) -> Iterator[str]:
    table, column, cause = about
    for row in found.values():
        key: Any = row["skill_name"] if "skill_name" in row else (row["skill_a"], row["skill_b"])
        if isinstance(key, tuple) and key not in right:
            key = key[::-1]
        if key not in right or key not in wrong:
            continue
        value = row[column]
        if not same_value(right[key][column], value) and same_value(wrong[key], value):
            yield f"{table}: {column} of {key!r} is {value!r}: {cause}"
            return


def _joined(rows: Sequence[Invocation]) -> dict[tuple[Value, Value], Value]:
    """Counts every row of one skill with every row of the other."""
    counts: dict[tuple[Value, Value], int] = defaultdict(int)
    sessions: dict[Value, Counter[Value]] = defaultdict(Counter)
    for row in rows:
        sessions[row.session][row.skill] += 1
    for together in sessions.values():
        skills = sorted(together, key=backfills.in_order)
        for at, one in enumerate(skills):
            for other in skills[at + 1 :]:
                counts[one, other] += together[one] * together[other]
    return dict(counts)


def _lift_without_sessions(rows: Sequence[Invocation]) -> dict[tuple[Value, Value], Value]:
    alone: dict[Value, set[Value]] = defaultdict(set)
    for row in rows:
        alone[row.skill].add(row.session)
    return {
        (one, other): Near(
            float(Fraction(len(alone[one] & alone[other]), len(alone[one]) * len(alone[other])))
        )
        for one in alone
        for other in alone
    }


def _lift_of_rows(rows: Sequence[Invocation]) -> dict[tuple[Value, Value], Value]:
    alone = Counter(row.skill for row in rows)
    return {
        (one, other): Near(count / (alone[one] * alone[other]))
        for (one, other), count in _joined(rows).items()
    }


def _groups(rows: Sequence[Invocation]) -> dict[Value, list[Invocation]]:
    groups: dict[Value, list[Invocation]] = defaultdict(list)
    for row in rows:
        groups[row.skill].append(row)
    return groups


def _null_phase(rows: Sequence[Invocation]) -> dict[Value, Value]:
    """Has NULL win where it occurs more often than any phase."""
    counts = {skill: Counter(row.phase for row in group) for skill, group in _groups(rows).items()}
    return {skill: None for skill, phases in counts.items() if phases[None] >= max(phases.values())}


def _percent_rate(rows: Sequence[Invocation]) -> dict[Value, Value]:
    return {
        skill: Near(100.0 * sum(row.done for row in group) / len(group))
        for skill, group in _groups(rows).items()
    }


def _ranks(rows: Sequence[Invocation]) -> list[list[Value]]:
    """Returns the skills, those of one rate together, from the lowest rate to the highest."""
    rates: dict[Fraction, list[Value]] = defaultdict(list)
    for skill, group in _groups(rows).items():
        rates[Fraction(sum(row.done for row in group), len(group))].append(skill)
    return [rates[rate] for rate in sorted(rates)]


def _percentile_with_ties(rows: Sequence[Invocation]) -> dict[Value, Value]:
    """Counts those with the same rate as lower."""
    wrong: dict[Value, Value] = {}
    ranks, below = _ranks(rows), 0
    total = sum(map(len, ranks))
    for together in ranks:
        below += len(together)
        wrong |= dict.fromkeys(together, Near(100.0 * below / total))
    return wrong


def _nulls_as_zero(rows: Sequence[Invocation]) -> dict[Value, Value]:
    return {
        skill: Near(sum(row.seconds or 0.0 for row in group) / len(group))
        for skill, group in _groups(rows).items()
    }


_KNOWN: tuple[tuple[str, str, str, _Wrong], ...] = (
    (
        "skill_dependencies",
        "co_occurrence_count",
        "it counts pairs of rows, where it must count sessions",
        _joined,
    ),
    (
        "skill_dependencies",
        "lift_score",
        "it is divided by both counts and never multiplied by the number of sessions",
        _lift_without_sessions,
    ),
    (
        "skill_dependencies",
        "lift_score",
        "it counts rows, where it must count sessions, and leaves their number out",
        _lift_of_rows,
    ),
    (
        "skill_community_baselines",
        "most_common_workflow_phase",
        "rows without a phase have won over those that have one",
        _null_phase,
    ),
    (
        "skill_community_baselines",
        "effectiveness_percentile",
        "skills of the same rate are counted as lower",
        _percentile_with_ties,
    ),
    (
        "skill_community_baselines",
        "global_completion_rate",
        "it is a percentage, where it must be a share of 1",
        _percent_rate,
    ),
    (
        "skill_community_baselines",
        "global_avg_duration_seconds",
        "durations that are not there count as zero",
        _nulls_as_zero,
    ),
    (
        "skill_community_baselines",
        "total_users",
        "it counts invocations, where it must count sessions",
        lambda rows: {skill: len(group) for skill, group in _groups(rows).items()},
    ),
)
