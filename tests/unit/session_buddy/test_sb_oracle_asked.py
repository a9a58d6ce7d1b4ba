"""What the oracle expects where the caller chooses: times, taxonomy, repair, a database that is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sb_homes import V4, home, invoked, upgraded, with_sql

from harness.systems.session_buddy import oracle
from harness.systems.session_buddy.model import DATABASE, NAMED
from harness.systems.session_buddy.oracle.asked import Asked, asked_of

NAIVE = invoked("mypy", at="2026-03-01T10:10:00")
OLD = invoked("mypy", at="2024-05-05T05:05:05Z")


def hours(*conditions: str) -> set[str]:
    """Returns the hours that are expected of two invocations, one without a zone and one of long ago."""
    rows = oracle.expect(home(NAIVE, OLD), frozenset(conditions)).tables["skill_time_series"].values()
    return {str(row["timestamp"]) for row in rows}


def test_all_times_reach_beyond_the_window_and_naive_ones_lie_where_the_caller_says() -> None:
    assert hours() == {"2026-03-01T10:00:00"}
    assert hours("all-times") == {"2026-03-01T10:00:00", "2024-05-05T05:00:00"}
    assert hours("naive-tz +05:30") == {"2026-03-01T04:00:00"}
    assert hours("naive-tz -01:30") == {"2026-03-01T11:00:00"}
    assert Asked(zone=timedelta(hours=1)).instant("2026-03-01") == datetime(2026, 2, 28, 23, tzinfo=UTC)


def test_an_offset_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="naive-tz \\+5"):
        asked_of({"naive-tz +5"})


def test_the_full_taxonomy_is_there_and_what_it_breaks_is_told() -> None:
    expected = oracle.expect(home(NAIVE), frozenset({"full-taxonomy"}))
    assert [len(expected.tables[name]) for name in ("skill_modalities", "skill_dependencies")] == [4, 4]
    assert "skill_dependencies git-commit+git-push: refers to a row of skill_metrics that does not exist" in (
        expected.defects
    )
    assert "foreign-key-violations" in {note.reason for note in expected.notes or ()}
    assert len(expected.tables["skill_metrics"]) == 1


def test_a_repair_makes_what_is_missing_and_records_nothing_anew() -> None:
    made = with_sql(upgraded(home(NAIVE)), "DROP VIEW v_ab_test_summary")
    assert oracle.expect(made).refusals == {"V4_INCOMPLETE"}
    expected = oracle.expect(made, frozenset({"repair"}))
    assert "view v_ab_test_summary" in expected.tables["sqlite_master"]
    assert expected.tables["skill_migrations"][V4] == oracle.read_target(made)["skill_migrations"][V4]
    assert (expected.fates[0].disposition, "repaired") == (
        "migrated",
        next(note.reason for note in expected.notes or () if note.reason == "repaired"),
    )


def test_a_repair_of_what_has_another_shape_is_refused() -> None:
    made = with_sql(upgraded(home(NAIVE)), "ALTER TABLE skill_anomalies ADD COLUMN kind TEXT")
    assert oracle.expect(made, frozenset({"repair"})).refusals == {"V4_INCOMPLETE"}


def test_a_database_that_is_named_is_the_only_one() -> None:
    made = home(NAIVE, place="named")
    both = made.with_file(DATABASE, made.content(NAMED))
    named = frozenset({"database-named"})
    assert oracle.expect(both, named).fates[0].source == f"{NAMED}#schema"
    assert oracle.expect(both).fates[0].source == f"{DATABASE}#schema"
    assert oracle.expect(made).refusals == {"DB_MISSING"}


IMPORT = frozenset({"import exported"})


def test_an_export_is_put_back_with_its_numbers_but_for_rows_that_would_refer_to_nothing() -> None:
    made = home(NAIVE, export=True)
    expected = oracle.expect(made, IMPORT)
    users = expected.tables["skill_user_interactions"]
    assert {(row["id"], row["skill_name"]) for row in users.values()} == {(n, "mypy") for n in (1, 3, 4)}
    assert expected.tables["skill_clusters"]["[1]"]["cluster_name"] == "kept 群"
    fates = {fate.id: fate.disposition for fate in expected.fates if fate.kind == "import"}
    assert (fates["skill_clusters"], fates["skill_modalities"]) == ("migrated", "present")
    assert {note.reason for note in expected.notes or ()} >= {"import-incomplete", "unaligned-bucket"}
    assert oracle.expect(made).tables["skill_clusters"] == {}


def test_rows_whose_place_is_taken_stay_out() -> None:
    made = home(NAIVE, export=True, version_4="used")
    expected = oracle.expect(made, IMPORT)
    assert expected.tables["skill_clusters"] == oracle.read_target(made)["skill_clusters"]
    assert {fate.id: fate.disposition for fate in expected.fates}["skill_clusters"] == "present"


def test_an_export_that_is_not_as_it_was_written_is_refused() -> None:
    made = home(NAIVE, export=True)
    name = "exported/skill_clusters.jsonl"
    for other in (
        made.with_file(name, made.content(name).replace(b"kept", b"lost")),
        made.without(name),
        made.without("exported/manifest.json"),
        made.with_file("exported/manifest.json", b"[1]"),
    ):
        assert oracle.expect(other, IMPORT).refusals == {"EXPORT_INVALID"}
