"""What the six views of version 4 must show, counted from the tables in Python; their known oddities are upstream's.

The one view that asks for the time is asked at one instant: in a private copy its 'now' is replaced.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from math import isclose
from typing import Any

from harness.records import Value
from harness.sqlite_copy import quoted
from harness.systems.session_buddy.model import AS_OF
from harness.systems.session_buddy.oracle import schema
from harness.systems.session_buddy.oracle.backfills import in_order
from harness.systems.session_buddy.oracle.instants import stamp_of

Row = tuple[Value, ...]


def view_problems(connection: sqlite3.Connection) -> Iterator[str]:
    """Yields where a view shows other rows than follow from the tables, or not in its order."""
    for name, count in _COUNTED.items():
        try:
            found = _shown(connection, name)
        except sqlite3.Error as error:
            yield f"{name}: cannot be read: {error}"
            continue
        columns = schema.VIEWS[name].split()
        yield from _compared(name, columns, count(connection), found)
        order = _ORDER.get(name)
        if order:
            at = columns.index(order[0])
            keys = [row[at] for row in found if row[at] is not None]
            if keys != sorted(keys, key=lambda value: (_kind(value), value), reverse=order[1]):
                yield f"{name}: its rows are not in the order of {order[0]}"


def row_counts(connection: sqlite3.Connection) -> dict[str, int]:
    """Returns how many rows each view must show at the instant."""
    return {name: len(list(count(connection))) for name, count in _COUNTED.items()}


_ORDER = {
    "v_realtime_skill_dashboard": ("invocation_count_24h", True),
    "v_skill_dependency_network": ("co_occurrence_count", True),
}


def _kind(value: Value) -> int:
    return 0 if isinstance(value, int | float) else 1


def _shown(connection: sqlite3.Connection, name: str) -> list[Row]:
    """Returns the view's rows as they would be at the instant; the copy's view is made anew for that."""
    (sql,) = connection.execute(
        "SELECT sql FROM sqlite_master WHERE type = 'view' AND name = ?", [name]
    ).fetchone()
    if "'now'" in sql:
        connection.execute("SAVEPOINT now")
        try:
            connection.execute(f"DROP VIEW {quoted(name)}")
            connection.execute(sql.replace("'now'", f"'{stamp_of(AS_OF)}'"))
            return connection.execute(f"SELECT * FROM {quoted(name)}").fetchall()  # noqa: S608 - quoted
        finally:
            connection.execute("ROLLBACK TO now")
            connection.execute("RELEASE now")
    return connection.execute(f"SELECT * FROM {quoted(name)}").fetchall()  # noqa: S608 - quoted


def _compared(name: str, columns: list[str], wanted: Iterable[Row], found: Iterable[Row]) -> Iterator[str]:
    """Yields differences, five at most: rows are put side by side by what is exact in them."""
    left: dict[Row, list[Row]] = defaultdict(list)
    right: dict[Row, list[Row]] = defaultdict(list)
    for rows, sides in ((wanted, left), (found, right)):
        for row in rows:
            sides[tuple(None if isinstance(value, float) else value for value in row)].append(row)
    problems = []
    for key in left.keys() | right.keys():
        ours, theirs = sorted(left[key], key=repr), sorted(right[key], key=repr)
        told = ", ".join(
            f"{column} {value!r}" for column, value in zip(columns, key, strict=True) if value is not None
        )
        if len(ours) != len(theirs):
            problems.append(f"{name}: shows {told} {len(theirs)} times; by the tables {len(ours)} times")
            continue
        for one, other in zip(ours, theirs, strict=True):
            problems += [
                f"{name}: shows {column} {seen!r} for {told}; by the tables it is {right_one!r}"
                for column, right_one, seen in zip(columns, one, other, strict=True)
                if not _alike(right_one, seen)
            ]
    yield from sorted(problems)[:5]


def _alike(one: Value, other: Value) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return one == other or isclose(one, other, rel_tol=1e-9, abs_tol=1e-12) or one != one  # noqa: PLR0124 - NaN
    return type(one) is type(other) and bool(one == other)


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _rows(connection: sqlite3.Connection, table: str, columns: str) -> list[Row]:
    return connection.execute(f"SELECT {columns} FROM {table}").fetchall()  # noqa: S608 - names of ours


def _dashboard(connection: sqlite3.Connection) -> Iterator[Row]:
    known = {
        row[0]: row[1:]
        for row in _rows(
            connection,
            "skill_metrics",
            "skill_name, total_invocations, completion_rate, avg_duration_seconds",
        )
    }
    cache = "skill_name, last_invocation_at, invocation_count_1h, invocation_count_24h, avg_completion_rate_24h, is_anomalous, anomaly_score"
    for row in _rows(connection, "skill_metrics_cache", cache):
        if row[0] is not None and row[0] in known:
            yield (*row, *known[row[0]])


def _trend(connection: sqlite3.Connection) -> Iterator[Row]:
    """Counts days as SQLite reads the texts, since it is SQLite that the view asks."""
    days: dict[Value, dict[Value, list[float]]] = defaultdict(lambda: defaultdict(list))
    (first,) = connection.execute("SELECT datetime(?, '-7 days')", [stamp_of(AS_OF)]).fetchone()
    columns = "skill_name, completed, date(invoked_at), datetime(invoked_at)"
    for skill, completed, day, at in _rows(connection, "skill_invocation", columns):
        if at is not None and at >= first:
            days[skill][day].append(1.0 if completed == 1 else 0.0)
    for skill, rates_by_day in days.items():
        rates = [sum(values) / len(values) for values in rates_by_day.values()]
        slope = None if len(rates) < 3 else (max(rates) - min(rates)) / (len(rates) - 1)
        yield skill, sum(rates) / len(rates), max(rates), min(rates), slope


def _comparison(connection: sqlite3.Connection) -> Iterator[Row]:
    sessions: dict[Value, set[Value]] = defaultdict(set)
    done: dict[Value, list[float]] = defaultdict(list)
    for skill, session, completed in _rows(
        connection, "skill_invocation", "skill_name, session_id, completed"
    ):
        sessions[skill].add(session)
        done[skill].append(1.0 if completed == 1 else 0.0)
    columns = "skill_name, global_completion_rate, effectiveness_percentile"
    for skill, rate, percentile in _rows(connection, "skill_community_baselines", columns):
        if skill in done:
            own = sum(done[skill]) / len(done[skill])
            delta = own - rate if isinstance(rate, int | float) else None
            yield skill, len(sessions[skill]), own, rate, percentile, delta


def _network(connection: sqlite3.Connection) -> Iterator[Row]:
    limits = ((2.0, "strong_positive"), (1.5, "moderate_positive"), (1.0, "weak_positive"))
    for one, other, count, lift in _rows(
        connection, "skill_dependencies", "skill_a, skill_b, co_occurrence_count, lift_score"
    ):
        if lift is None:
            continue
        number = lift if isinstance(lift, int | float) else float("inf")  # a text is more than any number
        word = next((name for limit, name in limits if number > limit), "")
        word = word or (
            "independent" if number == 1.0 else "weak_negative" if number > 0.5 else "moderate_negative"
        )
        yield one, other, count, lift, word


def _tests(connection: sqlite3.Connection) -> Iterator[Row]:
    """Counts each user once for each outcome, as the view does; its rates are 1.0 or nothing."""
    users: dict[Value, list[tuple[Value, Value]]] = defaultdict(list)
    outcomes: dict[tuple[Value, Value], list[Value]] = defaultdict(list)
    for test, user, group in _rows(connection, "ab_test_assignments", "test_id, user_id, group_name"):
        users[test].append((user, group))
    for test, user, completed in _rows(connection, "ab_test_outcomes", "test_id, user_id, completed"):
        outcomes[test, user].append(completed)
    columns = "test_id, test_name, control_strategy, treatment_strategy, status"
    for row in _rows(connection, "ab_test_configs", columns):
        joined = [
            (user, group, completed)
            for user, group in users[row[0]]
            for completed in outcomes[row[0], user] or [None]
        ] or [(None, None, None)]
        counts = Counter(group for _, group, _ in joined)
        rates = [
            1.0 if any(done == 1 and which == group for _, which, done in joined) else None
            for group in ("control", "treatment")
        ]
        total = len({user for user, _, _ in joined if user is not None})
        yield (*row, total, counts["control"], counts["treatment"], *rates)


def _catalog(connection: sqlite3.Connection) -> Iterator[Row]:
    kinds = {row[0]: row[1:] for row in _rows(connection, "skill_modalities", _KINDS)}
    domains = {
        row[0]: row[1:] for row in _rows(connection, "skill_categories", "category_id, category_name, domain")
    }
    places: dict[Value, list[Row]] = defaultdict(list)
    for skill, category in _rows(connection, "skill_category_mapping", "skill_name, category_id"):
        places[skill].append(domains.get(category, (None, None)))
    groups: dict[Value, list[Row]] = defaultdict(list)
    columns = "skill_name, session_id, completed, avg(duration_seconds) OVER (PARTITION BY skill_name)"
    for skill, *rest in _rows(connection, "skill_invocation", columns):
        groups[skill].append(tuple(rest))
    for skill in sorted(groups, key=in_order):
        group = groups[skill]
        done = _mean([1.0 if row[1] == 1 else 0.0 for row in group])
        told = (len({row[0] for row in group}), done, group[0][2])
        for category in dict.fromkeys(places[skill] or [(None, None)]):
            yield (skill, *kinds.get(skill, (None,) * 4), *told, *category)


_KINDS = "skill_name, modality_type, input_format, output_format, requires_human_review"
_COUNTED: dict[str, Callable[[sqlite3.Connection], Any]] = {
    "v_realtime_skill_dashboard": _dashboard,
    "v_skill_effectiveness_trend": _trend,
    "v_community_baseline_comparison": _comparison,
    "v_skill_dependency_network": _network,
    "v_ab_test_summary": _tests,
    "v_multimodal_skill_catalog": _catalog,
}
