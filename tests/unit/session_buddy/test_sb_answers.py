"""What version 4 must answer, on rows small enough to count by hand; and what is wrong with other answers."""

from __future__ import annotations

import hashlib
from random import Random
from typing import Any

import pytest
from sb_homes import home, invoked, upgraded, with_sql

from harness.home import Home
from harness.records import Near
from harness.systems.session_buddy import queries
from harness.systems.session_buddy.model import AS_OF, DATABASE
from harness.systems.session_buddy.oracle.answers import answer_to
from harness.systems.session_buddy.oracle.database import opened
from harness.talk import Exchange


def answer(made: Home, **request: Any) -> Any:
    with opened(made, DATABASE) as connection:
        return plain(answer_to(connection, request, AS_OF))


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return pytest.approx(value.value) if isinstance(value, Near) else value


def used(*uses: tuple[str, str, int]) -> Home:
    rows = (f"('{user}', 's', '{skill}', '', {done})" for user, skill, done in uses)
    insert = (
        "INSERT INTO skill_user_interactions (user_id, session_id, skill_name, invoked_at, completed) VALUES "
    )
    return with_sql(upgraded(home(invoked("mypy"))), insert + ", ".join(rows))


def test_what_is_live_lies_within_the_window_and_not_after_the_instant() -> None:
    made = upgraded(home(
        invoked("mypy", at="2026-03-01T11:34:56Z"),
        invoked("mypy", at="2026-03-01T12:34:56Z", duration=3.0),
        invoked("mypy", at="2026-03-01 12:00:00", completed=0, duration=9.0),
        invoked("mypy", at="2026-03-01T12:34:57Z"),
        invoked("ruff", at="2026-03-01T13:00:00+01:00", duration=None),
        invoked("black", at="2026-03-01T12:00:00", completed=0),
        invoked("black", at="gone"),
    ))  # fmt: skip
    rows = answer(made, op="live-metrics", limit=5, window_hours=1.0)["skills"]
    assert [tuple(row.values()) for row in rows] == [
        ("mypy", 2, 1, 3.0, "2026-03-01T12:34:56Z"),
        ("black", 1, 0, 0.0, "2026-03-01T12:00:00"),
        ("ruff", 1, 1, 0.0, "2026-03-01T13:00:00+01:00"),
    ]
    assert len(answer(made, op="live-metrics", limit=1, window_hours=1.0)["skills"]) == 1


def test_an_anomaly_is_so_many_standard_deviations_away() -> None:
    before = [
        invoked("mypy", at=f"2026-03-01T0{hour}:00:00", completed=int(hour != 5)) for hour in range(1, 7)
    ]
    drop = [invoked("mypy", at="2026-03-01T12:00:00", completed=0)] * 2
    (found,) = answer(upgraded(home(*before, *drop)), op="anomalies", threshold=2.0, window_hours=24.0)[
        "anomalies"
    ]
    assert (found["anomaly_type"], found["baseline_value"], found["observed_value"]) == (
        "performance_drop",
        5 / 6,
        0.0,
    )
    assert found["deviation_score"] == -(5 / 6) / (1 / 6) ** 0.5
    for fewer in ([*before, drop[0]], [*before[:4], *drop], [*before[:4], before[5], *drop]):
        assert (
            answer(upgraded(home(*fewer)), op="anomalies", threshold=2.0, window_hours=24.0)["anomalies"]
            == []
        )


def test_the_window_before_begins_with_its_first_instant_and_ends_an_hour_ago() -> None:
    edges = ["2026-02-28T12:34:56", "2026-03-01T11:34:55.999999"]
    before = [invoked("mypy", at=at, completed=0) for at in edges]
    before += [invoked("mypy", at="2026-03-01T01:00:00")] * 3
    now = [invoked("mypy", at=at) for at in ("2026-03-01T11:34:56", "2026-03-01T12:34:56")]
    asked: dict[str, Any] = {"op": "anomalies", "threshold": 0.5, "window_hours": 24.0}
    (found,) = answer(upgraded(home(*before, *now)), **asked)["anomalies"]
    assert (found["baseline_value"], found["observed_value"]) == (0.6, 1.0)


def test_recommendations_come_from_users_who_completed_the_same_skills() -> None:
    secret = hashlib.sha256(b"me").hexdigest()
    made = used(
        ("me", "a", 1), (secret, "b", 1), ("me", "tried", 0),
        ("near", "a", 1), ("near", "b", 1), ("near", "new", 1), ("near", "new", 0), ("near", "tried", 1),
        ("far", "a", 1), ("far", "b", 1), ("far", "x", 1), ("far", "y", 1), ("far", "new", 1), ("far", "never", 0),
        ("other", "a", 1), ("other", "a", 1), ("other", "z", 1),
    )  # fmt: skip
    rows = answer(made, op="recommendations", user="me", limit=5, min_common=2)["recommendations"]
    assert [tuple(row.values()) for row in rows] == [
        ("new", 2 / 5, 1.0, "far"),
        ("x", 2 / 5, 1.0, "far"),
        ("y", 2 / 5, 1.0, "far"),
    ]
    assert answer(made, op="recommendations", user="nobody", limit=5, min_common=1)["recommendations"] == []


def test_a_test_is_summed_up_by_group() -> None:
    made = with_sql(
        upgraded(home(invoked("mypy"))),
        "INSERT INTO ab_test_configs (test_name, control_strategy, treatment_strategy, start_date) VALUES ('t', 'a', 'b', '')",
        "INSERT INTO ab_test_assignments (test_id, user_id, group_name) VALUES (1, 'u', 'control'), (1, 'v', 'control')",
        "INSERT INTO ab_test_outcomes (test_id, user_id, skill_name, completed, duration_seconds) VALUES "
        "(1, 'u', 'mypy', 1, 2.0), (1, 'u', 'mypy', 0, NULL), (1, 'v', 'mypy', 1, 4.0), (1, 'v', 'mypy', 0, 6.0), (1, 'stranger', 'mypy', 1, 9.0)",
    )
    assert answer(made, op="ab-summary", test="t") == {
        "ok": True, "test_name": "t", "status": "running", "winner": None,
        "control": {"users": 2, "outcomes": 4, "completion_rate": 0.5, "avg_duration": 4.0},
        "treatment": {"users": 0, "outcomes": 0, "completion_rate": None, "avg_duration": None},
    }  # fmt: skip
    assert answer(made, op="ab-summary", test="u") == {"ok": False, "error": "NO_SUCH_TEST"}


def test_views_are_told_by_their_rows() -> None:
    views = answer(upgraded(home(invoked("mypy"), invoked("ruff"))), op="views")["views"]
    assert {name: said["rows"] for name, said in views.items()} == {
        "v_realtime_skill_dashboard": 0,
        "v_skill_effectiveness_trend": 2,
        "v_community_baseline_comparison": 2,
        "v_skill_dependency_network": 0,
        "v_ab_test_summary": 0,
        "v_multimodal_skill_catalog": 2,
    }


def test_a_skill_that_similar_users_never_completed_is_not_recommended() -> None:
    made = used(("me", "a", 1), ("you", "a", 1), ("you", "b", 0), ("you", "c", 1), ("you", "c", 0))
    (told,) = answer(made, op="recommendations", user="me", limit=5, min_common=1)["recommendations"]
    assert (told["skill_name"], told["completion_rate"]) == ("c", 0.5)


def test_every_kind_of_question_is_asked_and_only_of_a_finished_version_4() -> None:
    made = upgraded(home(invoked("mypy")))
    asked = queries.requests(made, Random(0), 6)
    assert len({request["op"] for request in asked}) == 6
    assert queries.ready(made)
    assert not queries.ready(home(invoked("mypy")))
    assert not queries.ready(with_sql(made, "DROP VIEW v_ab_test_summary"))
    assert queries.requests(Home.empty("/home/u"), Random(0), 6) != []


def test_a_wrong_answer_is_told_where_it_differs() -> None:
    made = upgraded(home(invoked("mypy", at="2026-03-01T12:00:00", duration=2.0)))
    request = {"op": "live-metrics", "limit": 5, "window_hours": 1.0}
    row = {"skill_name": "mypy", "invocation_count": 1, "completed_count": 1, "avg_duration": 2,
           "last_invocation_at": "2026-03-01T12:00:00"}  # fmt: skip

    def wrong(reply: Any) -> list[tuple[Any, Any]]:
        return [
            (one.expected, one.found) for one in queries.wrong(made, [Exchange(0, 0.1, request, 0.2, reply)])
        ]

    assert wrong({"ok": True, "skills": [row | {"more": 1}], "as_of": "now"}) == []
    assert wrong({"ok": True, "skills": [row | {"invocation_count": 2}]}) == [(1, 2)]
    assert wrong({"ok": True}) != []
    assert wrong({"ok": True, "skills": [row, row]}) != []
    assert wrong("no JSON") != []


def test_views_have_limits_at_the_reference_load_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    made = upgraded(home(invoked("mypy")))

    def slow(ms: float, seconds: float = 0.1, times: int = 8, waited: float = 0.0) -> list[str] | None:
        views = {name: {"rows": 1, "ms": ms} for name in queries.LIMITS}
        reply = {"ok": True, "views": views}
        talk = [
            Exchange(0, number, {"op": "views"}, number + seconds, reply, waited=waited)
            for number in range(times)
        ]
        found = queries.slow(made, talk)
        return None if found is None else [one.subject for one in found]

    assert slow(9_000) is None
    monkeypatch.setattr(queries, "REFERENCE", 1)
    assert slow(9_000, times=7) is None
    assert slow(1) == []
    assert slow(149) == []
    assert slow(151) == [f"{name}: median of 7" for name, limit in queries.LIMITS.items() if limit == 50]
    assert slow(400, seconds=0.7, waited=0.3) == []
    assert slow(500, seconds=0.7, waited=0.3) != []
    assert slow(1, seconds=0.6) == ["all views: median of 7, by the clock of the harness"]
