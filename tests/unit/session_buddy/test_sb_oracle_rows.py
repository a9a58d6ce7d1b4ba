"""What the taxonomy and the three backfills leave, on invocations small enough to count by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sb_homes import NOW, V4, home, invoked, upgraded, with_sql

from harness.expectation import Expectation
from harness.home import Home
from harness.records import Near, OneOf
from harness.systems.session_buddy import oracle
from harness.systems.session_buddy.model import DATABASE, Invocation
from harness.systems.session_buddy.oracle.instants import instant_of

ALL = ("ruff-check", "pytest-run", "sphinx-build", "docker-build", "black-format", "coverage-report", "git-commit",
       "git-push", "k8s-deploy")  # fmt: skip


def told(made: Home | Expectation, table: str, *fields: str) -> list[Any]:
    expected = oracle.expect(made) if isinstance(made, Home) else made
    assert not expected.refusals
    rows = ([plain(row[field]) for field in fields] for row in expected.tables[table].values())
    return sorted(rows, key=repr)


def plain(value: Any) -> Any:
    return value.value if isinstance(value, Near) else value


def fates(made: Home, kind: str) -> dict[str, tuple[str, str | None]]:
    return {
        fate.id: (fate.disposition, fate.reason) for fate in oracle.expect(made).fates if fate.kind == kind
    }


def sessions(count: int, *skills: str, first: int = 0) -> list[Invocation]:
    return [invoked(skill, f"s-{number}") for number in range(first, first + count) for skill in skills]


# -- instants ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-01", "2026-03-01T00:00:00+00:00"),
        ("2026-03-01T10:30", "2026-03-01T10:30:00+00:00"),
        ("2026-03-01 10:30:05.1234567", "2026-03-01T10:30:05.123456+00:00"),
        ("2026-03-01T10:30:05Z", "2026-03-01T10:30:05+00:00"),
        ("2026-03-01T00:30:00+05:30", "2026-02-28T19:00:00+00:00"),
        ("2026-03-01T10:30:05-0145", "2026-03-01T12:15:05+00:00"),
        ("2024-02-29T23:59:59.9+23:59", "2024-02-29T00:00:59.900000+00:00"),
    ],
)
def test_these_texts_are_times(text: str, instant: str) -> None:
    found = instant_of(text)
    assert found is not None
    assert found.isoformat() == instant


@pytest.mark.parametrize(
    "text",
    ["now", "10:30", "2461000.5", "2026-02-30", "2026-03-01T24:00", "2026-03-01T10:30:60", "2026-03-01Z", "",
     "2026-03-01T10:30:05+24:00", "2026-03-01t10:30", "2026-03-01T10:30z", " 2026-03-01", "2026-03-01T10:30\n", None,
     "2026-03-01T10", "0001-01-01T00:30+01:00", "0000-01-01", "\uff12026-03-01", b"2026-03-01", 2026, "2026-3-1"],
)  # fmt: skip
def test_these_are_none(text: Any) -> None:
    assert instant_of(text) is None


# -- taxonomy ------------------------------------------------------------------------------------------------------
def test_an_empty_database_gets_the_categories_alone() -> None:
    expected = oracle.expect(home())
    numbered = told(expected, "skill_categories", "category_id", "category_name", "domain", "created_at")
    assert numbered[0] == [1, "Code Quality", "code", NOW]
    assert [row[0] for row in numbered] == [1, 2, 3, 4, 5, 6]
    assert not expected.tables["skill_modalities"]
    assert not expected.tables["skill_dependencies"]
    assert (
        list(fates(home(), "taxonomy").values())
        == [("migrated", None)] * 6 + [("skipped", "skill-unknown")] * 8
    )


def test_with_all_skills_known_all_14_are_stored() -> None:
    known = home(*(invoked(skill) for skill in ALL))
    assert set(fates(known, "taxonomy").values()) == {("migrated", None)}
    assert told(known, "skill_dependencies", "skill_a", "skill_b", "co_occurrence_count", "lift_score")[3] == [
        "ruff-check", "black-format", 1, 3.5,
    ]  # fmt: skip
    assert ["sphinx-build", "documentation", 1] in told(
        known, "skill_modalities", "skill_name", "modality_type", "requires_human_review"
    )


def test_what_is_there_of_the_taxonomy_stays_as_it_is() -> None:
    done = with_sql(
        upgraded(home(*(invoked(skill) for skill in ALL))),
        "UPDATE skill_categories SET domain = 'ours', category_id = 70 WHERE category_name = 'Testing'",
        "DELETE FROM skill_dependencies WHERE skill_a = 'git-commit'",
        "INSERT INTO skill_dependencies VALUES ('git-push', 'git-commit', 9, 1.5, 'then')",
    )
    assert set(fates(done, "taxonomy").values()) == {("present", None)}
    assert [70, "Testing", "ours"] in told(done, "skill_categories", "category_id", "category_name", "domain")
    assert ["git-push", "git-commit", 9, 1.5] in told(
        done, "skill_dependencies", "skill_a", "skill_b", "co_occurrence_count", "lift_score"
    )


# -- time series ---------------------------------------------------------------------------------------------------
def test_an_hour_counts_its_invocations_once() -> None:
    made = home(
        invoked("mypy", "s-1", "2026-03-01T10:00:00+00:00", duration=1.0),
        invoked("mypy", "s-1", "2026-03-01 10:59:59.999999", duration=None, completed=0),
        invoked("mypy", "s-2", "2026-03-01T11:30:00+01:00", duration=4.0),
        invoked("mypy", "s-2", "2026-03-01T11:00:00Z", duration=-1.0),
    )
    fields = ("timestamp", "invocation_count", "completion_rate", "avg_duration_seconds", "unique_sessions")
    assert told(made, "skill_time_series", *fields) == [
        ["2026-03-01T10:00:00", 3, 2 / 3, 2.5, 2],
        ["2026-03-01T11:00:00", 1, 1.0, None, 1],
    ]


def test_the_window_is_720_hours_and_ends_with_the_hour_asked_for() -> None:
    made = home(
        invoked("mypy", at="2026-01-30T12:59:59"),
        invoked("mypy", at="2026-01-30T13:00:00"),
        invoked("mypy", at="2026-03-01T12:59:59"),
        invoked("mypy", at="2026-03-01T13:00:00"),
    )
    hours = [[f"2026-{day}:00:00"] for day in ("01-30T13", "03-01T12")]
    assert told(made, "skill_time_series", "timestamp") == hours
    assert {note.reason for note in oracle.expect(made).notes or ()} == {
        "naive-times",
        "before-window",
        "future-times",
    }


@pytest.mark.parametrize("completed", [0, 2, -1, "true", 0.5])
def test_only_the_integer_1_is_completed(completed: Any) -> None:
    made = home(invoked("mypy", completed=completed), invoked("mypy"))
    assert told(made, "skill_time_series", "completion_rate") == [[0.5]]
    assert told(made, "skill_community_baselines", "global_completion_rate") == [[0.5]]


def test_an_hour_that_is_there_is_brought_up_to_date_in_its_first_row() -> None:
    done = upgraded(home(invoked("mypy")))
    doubled = with_sql(
        done,
        "UPDATE skill_time_series SET invocation_count = 9, id = 5",
        "INSERT INTO skill_time_series VALUES (8, 'mypy', '2026-03-01T10:00:00', 9, 1.0, 1.5, 1)",
        "INSERT INTO skill_time_series VALUES (9, 'mypy', '2026-03-01T10:20:00.5', 9, 1.0, 1.5, 1)",
    )
    assert told(doubled, "skill_time_series", "id", "invocation_count") == [[5, 1], [8, 9], [9, 9]]
    reasons = {note.reason for note in oracle.expect(doubled).notes or ()}
    assert reasons == {"duplicate-bucket", "unaligned-bucket"}
    assert fates(doubled, "backfill")["time-series"] == ("migrated", None)


def test_an_hour_of_no_invocation_stays_and_is_noted() -> None:
    stale = with_sql(
        upgraded(home(invoked("mypy"))), "UPDATE skill_time_series SET timestamp = '2026-03-01T09:00:00'"
    )
    assert told(stale, "skill_time_series", "timestamp") == [["2026-03-01T09:00:00"], ["2026-03-01T10:00:00"]]
    assert {note.reason for note in oracle.expect(stale).notes or ()} == {"stale-bucket"}


def test_a_time_that_cannot_be_read_is_in_no_hour_and_in_the_other_backfills() -> None:
    made = home(invoked("mypy", at="now"))
    assert not oracle.expect(made).tables["skill_time_series"]
    assert told(made, "skill_community_baselines", "total_invocations") == [[1]]
    assert fates(made, "invocation") == {"1": ("skipped", "unparseable-time")}


# -- dependencies --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("together", "apart", "lift"), [(5, 0, 1.0), (5, 33, 7.6), (4, 0, None)])
def test_pairs_are_counted_by_session_and_lift_knows_all_sessions(
    together: int, apart: int, lift: float | None
) -> None:
    made = home(*sessions(together, "mypy", "mypy", "a-skill"), *sessions(apart, "other", first=50))
    found = told(made, "skill_dependencies", "skill_a", "skill_b", "co_occurrence_count", "lift_score")
    assert found == ([] if lift is None else [["a-skill", "mypy", 5, pytest.approx(lift)]])


def test_an_observed_pair_takes_the_row_of_the_taxonomy_in_its_direction() -> None:
    made = home(*sessions(6, "ruff-check", "black-format"))
    assert told(made, "skill_dependencies", "skill_a", "skill_b", "co_occurrence_count", "lift_score") == [
        ["ruff-check", "black-format", 6, 1.0]
    ]


def test_an_unknown_skill_is_in_no_pair_and_its_session_counts() -> None:
    made = with_sql(
        home(*sessions(5, "mypy", "ruff"), *sessions(5, "lost", first=20)),
        "DELETE FROM skill_metrics WHERE skill_name = 'lost'",
    )
    assert told(made, "skill_dependencies", "skill_a", "lift_score") == [["mypy", 2.0]]
    assert set(fates(made, "invocation").values()) == {("skipped", "unknown-skill")}
    assert ["lost"] not in told(made, "skill_community_baselines", "skill_name")


# -- baselines -----------------------------------------------------------------------------------------------------
def test_a_baseline_ranks_a_skill_below_those_with_a_higher_rate() -> None:
    made = home(
        invoked("best", "s-1", phase="setup"), invoked("best", "s-1", phase=None), invoked("best", "s-2", phase=None),
        invoked("worse", completed=0, duration=2.0), invoked("worse", duration=None),
        invoked("same", completed=0, phase="b"), invoked("same", phase="a"),
    )  # fmt: skip
    assert told(made, "skill_community_baselines", "skill_name", "total_users", "total_invocations",
                "most_common_workflow_phase", "effectiveness_percentile") == [
        ["best", 2, 3, "setup", pytest.approx(200 / 3)],
        ["same", 1, 2, "a", 0.0],
        ["worse", 1, 2, None, 0.0],
    ]  # fmt: skip


def test_a_baseline_says_when_it_last_changed_and_not_when_it_was_last_looked_at() -> None:
    done = upgraded(home(invoked("mypy")))
    same = with_sql(done, "UPDATE skill_community_baselines SET last_updated = 'then'")
    assert told(same, "skill_community_baselines", "last_updated") == [["then"]]
    other = with_sql(same, "UPDATE skill_community_baselines SET total_users = 7")
    assert told(other, "skill_community_baselines", "total_users", "last_updated") == [[1, NOW]]
    near = with_sql(
        same, "UPDATE skill_community_baselines SET global_avg_duration_seconds = 1.5000000000000002"
    )
    assert told(near, "skill_community_baselines", "last_updated") == [[OneOf(("then", NOW))]]


# -- laws ----------------------------------------------------------------------------------------------------------
skills = st.sampled_from(["mypy", "ruff-check", "black-format", "git-push"])
rows = st.builds(
    invoked, skills, st.sampled_from(["s-1", "s-2", "s-3"]), st.sampled_from(["2026-03-01", "2026-02-28T23:59+00:00"]),
    completed=st.sampled_from([0, 1]), duration=st.sampled_from([None, 0.1, 0.7]),
)  # fmt: skip


@given(st.lists(rows, max_size=12))
def test_the_hours_add_up_to_the_invocations_and_no_pair_has_more_sessions_than_there_are(
    some: list[Invocation],
) -> None:
    expected = oracle.expect(home(*some))
    assert sum(row["invocation_count"] for row in expected.tables["skill_time_series"].values()) == len(some)
    assert all(row["co_occurrence_count"] <= 3 for row in expected.tables["skill_dependencies"].values())
    users = (row["total_users"] for row in expected.tables["skill_community_baselines"].values())
    assert sum(users) == len({(row.skill, row.session) for row in some})


@given(st.permutations([invoked("mypy", f"s-{n}", duration=n / 3) for n in range(6)]))
def test_the_order_of_invocations_changes_nothing_but_last_digits(some: list[Invocation]) -> None:
    (row,) = oracle.expect(home(*some)).tables["skill_time_series"].values()
    assert row["avg_duration_seconds"].accepts(5 / 6)
    assert row["completion_rate"].accepts(1.0)


def test_what_was_there_stands_in_the_result_as_it_was() -> None:
    made = home(invoked("mypy", at="never", error="x"), version_4="used")
    before, expected = oracle.read_target(made), oracle.expect(made).tables
    for table in expected.keys() - {"skill_time_series", "skill_dependencies", "skill_community_baselines"}:
        assert {key: expected[table][key] for key in before[table]} == dict(before[table].items()), table
    assert V4 in expected["skill_migrations"]
    assert DATABASE in str(oracle.expect(made).fates)
