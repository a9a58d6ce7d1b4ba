"""Which databases may be migrated, and by which code each of the others is refused."""

from __future__ import annotations

import pytest
from sb_homes import NOW, V4, home, invoked, upgraded, with_sql

from harness.home import Home
from harness.systems.session_buddy import oracle, schema_v4
from harness.systems.session_buddy.model import DATABASE, LOCAL

ONE = home(invoked("mypy"))
DONE = upgraded(ONE)
VERSION = "INSERT INTO skill_migrations (version, applied_at) VALUES ({}, '2026-01-01 00:00:00')"
FINISHED = VERSION.format(f"'{V4}'")
BARE = (
    Home.empty("/home/u").with_kind(".claude", "dir", mode=0o755).with_kind(".claude/data", "dir", mode=0o755)
)


def refusals(made: Home, *conditions: str) -> set[str]:
    return set(oracle.expect(made, frozenset(conditions)).refusals)


@pytest.mark.parametrize("made", ["manager", "tool", "same-second", "ahead"])
@pytest.mark.parametrize("journal", ["delete", "wal", "wal-pending"])
def test_version_3_is_migrated_however_it_was_recorded_and_wherever_its_rows_are(
    made: str, journal: str
) -> None:
    expected = oracle.expect(home(invoked("mypy"), made=made, journal=journal))
    assert not expected.refusals
    assert len(expected.tables["skill_invocation"]) == 1


def test_a_database_may_lie_where_session_buddy_looks_by_default() -> None:
    expected = oracle.expect(home(invoked("mypy"), place="local"))
    assert expected.fates[0].source == f"{LOCAL}#schema"


def test_a_database_of_no_known_place_is_missing() -> None:
    assert refusals(BARE) == {"DB_MISSING"}
    assert refusals(BARE.with_link(DATABASE, "/home/u/gone.db")) == {"DB_MISSING"}


def test_of_two_databases_none_is_chosen() -> None:
    assert refusals(ONE.with_file(LOCAL, ONE.content(DATABASE))) == {"DB_AMBIGUOUS"}


def test_links_are_followed_inside_the_home_only() -> None:
    moved = ONE.without(DATABASE).with_file("own.db", ONE.content(DATABASE))
    assert oracle.expect(moved.with_link(DATABASE, "../../own.db")).fates[0].source == "own.db#schema"
    assert refusals(moved.with_link(DATABASE, "/srv/own.db")) == {"PATH_ESCAPES", "DB_MISSING"}


@pytest.mark.parametrize(
    "content",
    [b"DUCK" * 50, b"text", b"SQLite format 3\0" + b"x" * 20, b"\0" * 4096],
    ids=["duck", "text", "cut", "nul"],
)
def test_what_has_no_header_is_no_database(content: bytes) -> None:
    assert refusals(BARE.with_file(DATABASE, content)) == {"NOT_A_DATABASE"}


def test_a_folder_is_no_database() -> None:
    assert refusals(BARE.with_kind(DATABASE, "dir", mode=0o755)) == {"NOT_A_DATABASE"}


def test_an_empty_file_and_somebody_elses_database_are_no_skills_database() -> None:
    assert refusals(BARE.with_file(DATABASE, b"")) == {"NOT_SKILLS_DATABASE"}
    assert refusals(with_sql(BARE.with_file(DATABASE, b""), "CREATE TABLE t (a)")) == {"NOT_SKILLS_DATABASE"}


def test_a_damaged_database_is_invalid() -> None:
    whole = ONE.content(DATABASE)
    assert refusals(ONE.with_file(DATABASE, whole[:8192])) == {"DB_INVALID"}
    assert refusals(ONE.with_file(DATABASE, whole[:4096] + b"\xff" * 4096 + whole[8192:])) >= {"DB_INVALID"}


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM skill_migrations WHERE version LIKE 'V3%'",
        "DELETE FROM skill_migrations WHERE version LIKE 'V2%'",
        "UPDATE skill_migrations SET success = 0 WHERE version LIKE 'V3%'",
        "DROP TRIGGER trg_skill_metrics_after_insert",
        "DROP TRIGGER trg_session_skills_after_insert",
        "DROP VIEW v_top_skills",
        "DROP INDEX idx_invocation_session",
        "DROP TABLE mv_daily_skills",
        "ALTER TABLE session_skills RENAME COLUMN invocation_count TO times",
    ],
)
def test_version_3_must_be_whole(statement: str) -> None:
    assert refusals(with_sql(ONE, statement)) == {"V3_MISSING"}


def test_a_missing_record_of_version_1_is_only_noted() -> None:
    expected = oracle.expect(with_sql(ONE, "DELETE FROM skill_migrations WHERE version LIKE 'V1%'"))
    assert not expected.refusals
    assert [note.reason for note in expected.notes or ()] == ["v1-row-missing"]


@pytest.mark.parametrize(
    "version", ["'V5__conversations'", "'1'", "NULL", "'v4__phase4_extensions'", "x'00'"]
)
def test_unknown_versions_are_refused(version: str) -> None:
    assert refusals(with_sql(ONE, VERSION.format(version))) == {"UNKNOWN_VERSION"}
    assert refusals(with_sql(DONE, VERSION.format(version))) == {"UNKNOWN_VERSION"}


def test_a_recorded_version_4_must_be_whole() -> None:
    assert refusals(with_sql(ONE, FINISHED)) == {"V4_INCOMPLETE"}
    assert refusals(with_sql(DONE, "DROP VIEW v_ab_test_summary")) == {"V4_INCOMPLETE"}
    assert refusals(with_sql(DONE, "DROP INDEX idx_ab_outcomes_user")) == {"V4_INCOMPLETE"}
    assert refusals(with_sql(DONE, "ALTER TABLE skill_anomalies DROP COLUMN resolved_at")) == {
        "V4_INCOMPLETE"
    }


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE skill_anomalies (id INTEGER PRIMARY KEY)",
        "CREATE TABLE V_AB_TEST_SUMMARY (a)",
        "CREATE VIEW skill_clusters AS SELECT 1 AS a",
        "CREATE VIEW v_skill_dependency_network AS SELECT 1 AS skill_a",
        "CREATE INDEX idx_anomalies_skill ON skill_invocation (skill_name)",
        "CREATE TRIGGER trg_metrics_cache_after_insert AFTER DELETE ON skill_invocation BEGIN SELECT 1; END",
        schema_v4.OBJECTS[schema_v4.TRIGGER].replace(" BEGIN", " WHEN NEW.completed = 1 BEGIN"),
        "CREATE TRIGGER trg_metrics_cache_after_insert AFTER INSERT ON skill_invocation BEGIN DELETE FROM skill_metrics; END",
        schema_v4.OBJECTS["skill_categories"].replace(" UNIQUE", "", 1),
        schema_v4.OBJECTS["skill_categories"].replace("domain TEXT", "domain TEXT CHECK (domain <> '')"),
        schema_v4.OBJECTS["skill_time_series"].replace("AUTOINCREMENT", ""),
        schema_v4.OBJECTS["skill_modalities"].replace("DEFAULT 0", "DEFAULT 1"),
    ],
)
def test_a_name_of_version_4_must_not_be_taken(statement: str) -> None:
    assert refusals(with_sql(ONE, statement)) >= {"NAME_TAKEN"}


def test_old_foreign_keys_are_told_apart() -> None:
    old = schema_v4.with_old_keys(schema_v4.OBJECTS["skill_anomalies"])
    assert "OLD_FOREIGN_KEYS" in refusals(with_sql(ONE, old))


def test_what_is_held_or_closed_is_refused() -> None:
    assert refusals(ONE, "locked") == {"DB_LOCKED"}
    assert refusals(BARE, "locked") == {"DB_MISSING"}
    assert refusals(ONE.with_mode(DATABASE, 0o400)) == {"NO_ACCESS"}
    assert refusals(ONE.with_mode(".claude/data", 0o500)) == {"NO_ACCESS"}


@pytest.mark.parametrize("part", ["some-tables", "all", "with-rows", "failed"])
def test_a_half_of_version_4_is_completed(part: str) -> None:
    half = home(invoked("mypy"), invoked("ruff-check"), version_4=part)
    expected = oracle.expect(half)
    assert not expected.refusals
    assert expected.fates[0].disposition == "migrated"
    assert "resumed" in {note.reason for note in expected.notes or ()}


def test_a_database_is_migrated_once() -> None:
    again = oracle.expect(DONE)
    assert {fate.disposition for fate in again.fates} == {"present", "skipped"}
    assert again.tables["skill_migrations"][V4]["applied_at"] == "later than all others"


def test_a_failed_record_of_version_4_is_set_right() -> None:
    failed = home(invoked("mypy"), version_4="failed")
    assert oracle.expect(failed).tables["skill_migrations"][V4]["success"] == 1
    assert NOW in str(oracle.expect(failed).tables["skill_categories"])
