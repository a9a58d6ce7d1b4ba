"""Rows that version 4 gains in use: what upstream's own features write into its tables, errors of theirs included."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from harness.systems.session_buddy.model import Invocation

_WHEN = "2026-02-10 07:00:00"
_UNALIGNED = "2026-02-11T10:17:31.123456"  # the seed's loop begins at an instant of its own
_STALE = "2026-02-12T03:00:00"
_OF_SPACE = "2026-02-12 03:00:00"  # another writer of upstream's

Row = tuple[str, tuple[object, ...]]


def fill(connection: sqlite3.Connection, invocations: Sequence[Invocation], *, verb: str = "INSERT") -> None:
    """Adds rows to the tables of version 4; what refers to skills only where there are some.

    With ``INSERT OR IGNORE`` as the verb, rows stay out whose keys are there.
    """
    skills = list(dict.fromkeys(invocation.skill for invocation in invocations))
    for statement, values in [*_free(), *(_of_skills(skills, invocations) if skills else ())]:
        connection.execute(f"{verb} INTO {statement} VALUES ({', '.join('?' * len(values))})", values)


def _free() -> Iterator[Row]:
    """Yields rows that need no skill."""
    yield (
        "skill_clusters (cluster_name, description, centroid_embedding, created_at)",
        ("kept 群", None, bytes(range(256)) * 6, _WHEN),
    )
    yield "skill_categories (category_name, description, domain, created_at)", ("Own", "Ours", "home", _WHEN)
    yield (
        "skill_categories (category_name, parent_category_id, domain, created_at)",
        ("Testing", 1, "elsewhere", _WHEN),
    )
    yield (
        "ab_test_configs (test_name, control_strategy, treatment_strategy, start_date, metrics, created_at)",
        ("search", "semantic_search", "workflow_aware_search", _WHEN, "completion_rate,rating", _WHEN),
    )
    for user, group in (("ann", "control"), ("bob", "treatment"), ("cy", "control")):
        yield "ab_test_assignments (test_id, user_id, group_name, assigned_at)", (1, user, group, _WHEN)


def _of_skills(skills: Sequence[str], invocations: Sequence[Invocation]) -> Iterator[Row]:
    """Yields rows that refer to skills."""
    first, last = skills[0], skills[-1]
    yield "skill_cluster_membership", (first, 1, 0.75)
    yield "skill_category_mapping", (first, 1, 0.5, _WHEN)
    yield "skill_category_mapping", (first, 2, None, _WHEN)
    yield (
        "skill_modalities (skill_name, modality_type, input_format, created_at)",
        (last, "own", "any", _WHEN),
    )
    yield (
        "skill_anomalies (skill_name, detected_at, anomaly_type, baseline_value, observed_value, deviation_score)",
        (first, _WHEN, "performance_drop", 0.9, 0.1, -3.25),
    )
    for user, completed in (("ann", 1), ("ann", 0), ("bob", 1), ("名前", 1)):
        yield (
            "skill_user_interactions (user_id, session_id, skill_name, invoked_at, completed, rating)",
            (user, "s", first if completed else last, _WHEN, completed, 4.5 if completed else None),
        )
    yield (
        "ab_test_outcomes (test_id, user_id, skill_name, completed, duration_seconds, recorded_at)",
        (1, "ann", first, 1, 2.5, _WHEN),
    )
    yield (
        "ab_test_outcomes (test_id, user_id, skill_name, completed, recorded_at)",
        (1, "ann", last, 0, _WHEN),
    )
    yield "skill_community_baselines", (last, 1, 1, 0.25, None, "setup", 12.5, _WHEN)
    yield from _dependencies(skills)
    yield from _time_series(skills, invocations)


def _dependencies(skills: Sequence[str]) -> Iterator[Row]:
    """Yields pairs as upstream computes them: rows joined with rows, and a lift without the number of sessions."""
    if len(skills) > 1:
        yield "skill_dependencies", (skills[1], skills[0], 12, 0.008, _WHEN)
    if {"git-commit", "git-push"} <= set(skills) and set(skills[:2]) != {"git-commit", "git-push"}:
        yield "skill_dependencies", ("git-push", "git-commit", 1, 4.2, _WHEN)


def _time_series(skills: Sequence[str], invocations: Sequence[Invocation]) -> Iterator[Row]:
    """Yields rows with wrong counts, one of them twice; of an hour without invocations; and of no whole hour."""
    into = (
        "skill_time_series (skill_name, timestamp, invocation_count, completion_rate, avg_duration_seconds, "
        "unique_sessions)"
    )
    hours = [(one.skill, hour) for one in invocations for hour in _hour(one.at)][:2]
    for skill, hour in hours + hours[:1]:
        yield into, (skill, hour, 7, 70.0, 1.0, 1)
    yield into, (skills[0], _STALE, 1, 1.0, None, 1)
    yield into, (skills[0], _UNALIGNED, 3, 1.0, 2.0, 1)
    yield into, (skills[0], _OF_SPACE, 1, 100.0, None, 1)


def _hour(text: str) -> list[str]:
    """Returns the UTC hour of a time that is told in UTC; nothing for any other text."""
    return [f"{text[:10]}T{text[11:13]}:00:00"] if text.endswith("+00:00") and text[:2] == "20" else []
