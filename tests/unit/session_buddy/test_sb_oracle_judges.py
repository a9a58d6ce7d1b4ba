"""The oracle beside the claims: a right migration passes, each mistake is told, and its cause is named."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest
from sb_homes import PROFILE, V4, event, evidence, home, invoked, upgraded, with_sql

from harness.home import Home
from harness.systems.session_buddy import oracle, schema_v4
from harness.systems.session_buddy.model import DATABASE, Invocation
from harness.verdict import Status, judge

STORE = [
    "no-loss",
    "no-invention",
    "no-corruption",
    "only-adds",
    "store-sound",
    "nothing-else-changes",
    "ends-as-expected",
]


def sessions(count: int, *skills: str, first: int = 0) -> list[Invocation]:
    return [invoked(skill, f"s-{number}") for number in range(first, first + count) for skill in skills]


RICH = home(
    *sessions(6, "ruff-check", "ruff-check", "black-format"),
    *sessions(3, "pytest-run", first=20),
    invoked("pytest-run", "s-21", completed=0, duration=None, phase="verification"),
    invoked("mypy", "s-50", "2026-02-26T23:30:00", duration=7.5, phase=None),
    invoked("mypy", "s-50", "2026-02-27T23:30:00-05:00", duration=None, phase=None),
    invoked("mypy", "s-51", "2026-03-01T03:00:00", completed=0, phase="setup"),
)
RIGHT = upgraded(RICH)


def failed(before: Home, after: Home) -> set[str]:
    verdict = judge(evidence(event(before, after)), STORE)
    assert not [result for result in verdict.results if result.status is Status.UNKNOWN], verdict
    return set(verdict.failed)


def found(before: Home, after: Home, claim: str) -> str:
    (result,) = judge(evidence(event(before, after)), [claim]).results
    return "\n".join(f"{finding.subject}: {finding.found}" for finding in result.findings)


def test_a_right_migration_passes_every_claim_about_the_store() -> None:
    assert failed(RICH, RIGHT) == set()
    assert failed(RIGHT, RIGHT) == set()


@pytest.mark.parametrize("part", ["some-tables", "all", "with-rows", "failed", "complete", "used"])
def test_so_does_one_that_completes_a_half(part: str) -> None:
    half = home(*sessions(6, "ruff-check", "mypy"), version_4=part)
    assert failed(half, upgraded(half)) == set()


@pytest.mark.parametrize(
    ("statement", "claim", "subject"),
    [
        ("DELETE FROM skill_time_series WHERE skill_name = 'mypy'", "no-loss", "mypy at 2026-02-26T23:00:00"),
        ("INSERT INTO skill_modalities VALUES ('mypy', 'code', '', '', 0, '')", "no-invention", "mypy"),
        ("UPDATE skill_dependencies SET co_occurrence_count = 12", "no-corruption", "co_occurrence_count"),
        ("UPDATE skill_categories SET category_id = category_id + 9", "no-corruption", "category_id"),
        ("UPDATE skill_migrations SET applied_at = '2020-01-01 00:00:00' WHERE version LIKE 'V4%'", "no-corruption", "applied_at"),
        ("UPDATE skill_migrations SET checksum = 'x' WHERE version LIKE 'V4%'", "no-corruption", "checksum"),
        ("UPDATE skill_metrics SET completion_rate = completion_rate / 100", "only-adds", "skill_metrics"),
        ("UPDATE sqlite_sequence SET seq = 99 WHERE name = 'skill_invocation'", "no-corruption", "skill_invocation: highest"),
        ("DROP VIEW v_top_skills", "only-adds", 'sqlite_master ["view", "v_top_skills"]'),
        ("DROP INDEX idx_dependencies_lift", "no-loss", "index idx_dependencies_lift"),
        ("DROP TABLE skill_anomalies", "no-loss", "table skill_anomalies"),
        ("CREATE TABLE notes (a)", "no-invention", "table notes"),
        ("PRAGMA user_version = 4", "no-corruption", "user_version"),
        ("PRAGMA journal_mode = WAL", "no-corruption", "journal_mode"),
    ],
)  # fmt: skip
def test_each_mistake_is_told(statement: str, claim: str, subject: str) -> None:
    if statement.startswith("PRAGMA journal"):
        content = bytearray(RIGHT.content(DATABASE))
        content[18:20] = b"\2\2"
        wrong = RIGHT.with_file(DATABASE, bytes(content), mode=RIGHT.entries[DATABASE].mode)
    else:
        wrong = with_sql(RIGHT, statement)
    assert claim in failed(RICH, wrong)
    assert subject in found(RICH, wrong, claim)


@pytest.mark.parametrize(
    ("statement", "cause"),
    [
        ("UPDATE skill_dependencies SET co_occurrence_count = 12", "it counts pairs of rows, where it must count sessions"),
        ("UPDATE skill_dependencies SET lift_score = 6 / 36.0", "never multiplied by the number of sessions"),
        ("UPDATE skill_dependencies SET lift_score = 12 / 72.0", "never multiplied by the number of sessions"),
        ("UPDATE skill_community_baselines SET most_common_workflow_phase = NULL WHERE skill_name = 'mypy'", "rows without a phase have won"),
        ("UPDATE skill_community_baselines SET effectiveness_percentile = 100 WHERE skill_name = 'ruff-check'", "skills of the same rate are counted as lower"),
        ("UPDATE skill_community_baselines SET global_completion_rate = 100 WHERE skill_name = 'ruff-check'", "it is a percentage"),
        ("UPDATE skill_community_baselines SET global_avg_duration_seconds = 3 WHERE skill_name = 'mypy'", "durations that are not there count as zero"),
        ("UPDATE skill_community_baselines SET total_users = 12 WHERE skill_name = 'ruff-check'", "it counts invocations, where it must count sessions"),
        ("INSERT INTO skill_time_series (skill_name, timestamp) VALUES ('mypy', '2026-03-01T03:00:00')", "counts mypy at 2026-03-01T03:00:00 more than once"),
        ("INSERT INTO skill_modalities VALUES ('gone', 'code', '', '', 0, '')", "skill_modalities gone: refers to a row of skill_metrics that does not exist"),
        ("UPDATE skill_categories SET description = '' WHERE category_id = 1", "Code Quality has no description of one line"),
        ("DROP TRIGGER trg_skill_metrics_after_insert", "trigger trg_skill_metrics_after_insert: version 3 is recorded, but it is missing"),
        ("DROP TABLE ab_test_configs", "table ab_test_configs: version 4 is recorded, but it is missing"),
    ],
)  # fmt: skip
def test_a_known_mistake_is_told_by_its_cause(statement: str, cause: str) -> None:
    assert cause in found(RICH, with_sql(RIGHT, statement), "store-sound")


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("v_realtime_skill_dashboard", "DESC", "", "not in the order of invocation_count_24h"),
        ("v_realtime_skill_dashboard", "c.invocation_count_1h,", "c.invocation_count_1h + 1 AS invocation_count_1h,", "invocation_count_1h"),
        ("v_skill_effectiveness_trend", "-7 days", "-1 days", "by the tables"),
        ("v_skill_effectiveness_trend", "count(*) - 1, 1", "count(*), 1", "trend_slope"),
        ("v_community_baseline_comparison", "DISTINCT", "", "user_invocations"),
        ("v_skill_dependency_network", "> 2.0", "> 4.0", "relationship_type"),
        ("v_ab_test_summary", "count(DISTINCT a.user_id)", "count(a.user_id)", "total_users"),
        ("v_multimodal_skill_catalog", "count(DISTINCT i.session_id)", "count(*)", "total_sessions"),
    ],
)  # fmt: skip
def test_a_view_shows_what_the_tables_hold(name: str, old: str, new: str, told: str) -> None:
    used = home(*sessions(6, "ruff-check", "ruff-check", "mypy"), *(
        invoked("mypy", f"d-{day}", f"2026-02-{day}T10:00:00", completed=day % 2) for day in range(20, 29)
    ), version_4="used")  # fmt: skip
    users = [
        f"INSERT INTO ab_test_outcomes (test_id, user_id, skill_name, completed) SELECT test_id, user_id, 'mypy', {n} FROM ab_test_assignments"
        for n in (0, 1)
    ]
    cache = "INSERT OR REPLACE INTO skill_metrics_cache (skill_name, last_invocation_at, invocation_count_24h, updated_at) VALUES ('mypy', '', 1, ''), ('ruff-check', '', 9, '')"
    used = with_sql(upgraded(used), *users, cache, "UPDATE skill_dependencies SET lift_score = 3.0")
    assert old in schema_v4.OBJECTS[name]
    wrong = with_sql(used, f"DROP VIEW {name}", schema_v4.OBJECTS[name].replace(old, new))
    new_ones = set(oracle.target_problems(wrong)) - set(oracle.target_problems(used))
    assert new_ones
    assert all(problem.startswith(name) and told in problem for problem in new_ones)


def test_a_trigger_that_counts_twice_is_tried_out() -> None:
    trigger = schema_v4.OBJECTS[schema_v4.TRIGGER].replace("NEW.invoked_at, 1, 1", "NEW.invoked_at, 2, 1")
    wrong = with_sql(RIGHT, f"DROP TRIGGER {schema_v4.TRIGGER}", trigger)
    assert "an invocation of a new skill counts 2 times, not once" in found(RICH, wrong, "store-sound")


def test_a_tool_that_makes_the_schema_alone_is_judged_on_that() -> None:
    less = msgspec.structs.replace(PROFILE, facts=["no-taxonomy", "no-backfill", "no-checksum"])
    record = (
        "INSERT INTO skill_migrations (version, applied_at, description, applied_by) VALUES "
        f"('{V4}', datetime('now', '+1 year'), '{schema_v4.DESCRIPTION}', 'session-buddy')"
    )
    made = with_sql(RICH, *schema_v4.OBJECTS.values(), record)
    assert judge(evidence(event(RICH, made), profile=less), STORE).failed == ()
    assert "no-loss" in failed(RICH, made)
    half = with_sql(RICH, *list(schema_v4.OBJECTS.values())[:9], record)
    assert "no-loss" in judge(evidence(event(RICH, half), profile=less), STORE).failed


def test_a_rollback_takes_version_4_and_leaves_what_came_since() -> None:
    insert = (
        "INSERT INTO skill_invocation (skill_name, invoked_at, session_id) VALUES ('new', '2026-03-01', 's')"
    )
    worked = with_sql(RIGHT, insert)
    drops = [
        f"DROP {kind} {name}"
        for kind, names in (("VIEW", schema_v4.VIEWS), ("TRIGGER", [schema_v4.TRIGGER]), ("TABLE", schema_v4.TABLES[::-1]))
        for name in names
    ]  # fmt: skip
    back = with_sql(worked, *drops, f"DELETE FROM skill_migrations WHERE version = '{V4}'")
    claims = [
        "rollback-takes-back",
        "store-sound",
        "rollback-keeps-new-work",
        "home-restored",
        "ends-as-expected",
    ]
    exporting = msgspec.structs.replace(PROFILE, exports="rows")

    def failing(after: Home) -> set[str]:
        cache = b'{"skill_name": "new", "last_invocation_at": "2026-03-01", "invocation_count_1h": 1, '
        row = dict(oracle.read_stored(worked).tables["skill_metrics_cache"]['["new"]'])
        line = msgspec.json.encode(row) + b"\n"
        assert cache[:20] in line[:40].replace(b'":"', b'": "')
        steps = event(RICH, RIGHT), dataclasses.replace(
            event(worked, after.with_file(".local/state/m/export/skill_metrics_cache.jsonl", line, mode=0o600), do="rollback"),
            step=1,
        )  # fmt: skip
        return set(judge(evidence(*steps, profile=exporting), claims).failed)

    assert failing(back) == set()
    assert failing(with_sql(back, "DELETE FROM skill_invocation WHERE skill_name = 'new'")) == {
        "rollback-takes-back",
        "rollback-keeps-new-work",
    }
    assert "rollback-takes-back" in failing(with_sql(back, "DROP VIEW v_top_skills"))
    assert "rollback-takes-back" in failing(with_sql(back, schema_v4.OBJECTS["skill_clusters"]))
    assert "rollback-takes-back" in failing(with_sql(worked, *drops))


def test_what_others_built_on_version_4_blocks_the_way_back_and_nothing_else_does() -> None:
    own = with_sql(RIGHT, "CREATE TABLE own (a)", "CREATE VIEW own_view AS SELECT * FROM skill_metrics")
    assert oracle.read_stored(own).shape == oracle.read_stored(RIGHT).shape
    leaning = with_sql(RIGHT, "CREATE VIEW mine AS SELECT * FROM Skill_Clusters")
    assert oracle.read_stored(leaning).shape != oracle.read_stored(RIGHT).shape
