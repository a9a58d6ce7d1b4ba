"""session-buddy: what is read as a time, what the computed tables hold, and what they cannot use."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from skills import BUSY, Row, SkillsHome, reasons

from migrator.session_buddy import moments

SERIES = "SELECT skill_name, timestamp, invocation_count, completion_rate, avg_duration_seconds, unique_sessions FROM skill_time_series"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-02-10", "2026-02-10T00:00:00+00:00"),
        ("2026-02-10 07:35", "2026-02-10T07:35:00+00:00"),
        ("2026-02-10T07:35:36.410517", "2026-02-10T07:35:36.410517+00:00"),
        ("2026-02-10T07:35:36.1234567", "2026-02-10T07:35:36.123456+00:00"),
        ("2026-02-10T07:35:36.1Z", "2026-02-10T07:35:36.1+00:00"),
        ("2026-02-10T23:35:36-0130", "2026-02-11T01:05:36+00:00"),
        ("2026-02-10T07:35:36+05:30", "2026-02-10T02:05:36+00:00"),
        ("2024-02-29T00:00:00+00:00", "2024-02-29T00:00:00+00:00"),
    ],
)
def test_times_are_read_as_the_tool_s_writers_wrote_them(text: str, instant: str) -> None:
    reader, right = moments.Reader(), moments.of(datetime.fromisoformat(instant))
    found = reader.moment(text)
    assert found is not None
    assert found[:2] == right[:2]
    assert reader.hour(text) == right.second // 3600
    assert moments.bucket(right.second // 3600) == datetime.fromisoformat(instant).strftime(
        "%Y-%m-%dT%H:00:00"
    )


@pytest.mark.parametrize(
    "text",
    ["", "now", "10:30", "2460000.5", "2026-02-30", "2026-02-10T24:00:00", "2026-02-10T10:60", "2026-02-10T10:00:60",
     "2026-2-1", "20260210", "2026-02-10T10", "2026-02-10T10:00:00.", "2026-02-10Z", "2026-02-10T10:00z", "2026-02-10t10:00",
     " 2026-02-10", "2026-02-10\n", "2026-02-10T10:00:00+24:00", "2026-02-10T10:00:00+1", "٢٠٢٦-02-10", "0000-01-01",
     "0001-01-01T00:30+01:00", "9999-12-31T23:30-01:00", None, 5, 2026.5, b"2026-02-10"],
)  # fmt: skip
def test_what_is_no_time_is_none(text: Any) -> None:
    reader = moments.Reader()
    assert reader.moment(text) is None
    assert reader.hour(text) is None


def test_a_zone_for_times_without_one_moves_just_these() -> None:
    reader = moments.Reader(90)
    assert reader.hour("2026-02-10T01:00") == moments.Reader().hour("2026-02-09T23:30")
    assert reader.hour("2026-02-10T01:00Z") == moments.Reader().hour("2026-02-10T01:00")


def by_hand(rows: Iterable[Row], first: datetime, last: datetime) -> list[tuple[Any, ...]]:
    """The hourly figures in plain Python, for times that it can read itself."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        at = datetime.fromisoformat(row[1])
        hour = (
            (at if at.tzinfo else at.replace(tzinfo=UTC))
            .astimezone(UTC)
            .replace(minute=0, second=0, microsecond=0)
        )
        if first <= hour <= last:
            groups.setdefault((hour.strftime("%Y-%m-%dT%H:%M:%S"), row[0]), []).append(row)
    found = []
    for (hour, skill), members in sorted(groups.items()):
        seconds = [row[4] for row in members if row[4] is not None]
        rate, average = (
            sum(row[3] == 1 for row in members) / len(members),
            sum(seconds) / len(seconds) if seconds else None,
        )
        found.append((skill, hour, len(members), rate, average, len({row[2] for row in members})))
    return found


def test_hourly_figures_are_those_of_a_plain_count(skills: SkillsHome) -> None:
    last = datetime(2026, 3, 1, 12, tzinfo=UTC)
    rows = [*BUSY]
    for number in range(400):
        at = last + timedelta(minutes=59 - 97 * number)
        text = at.isoformat() if number % 2 else at.replace(tzinfo=None).isoformat(sep=" ")
        rows.append(
            (
                f"skill-{number % 3}",
                text,
                f"s{number // 5}",
                number % 4 % 3,
                None if number % 7 else 0.25,
                None,
            )
        )
    skills.db.unlink()
    skills.database(rows)
    answer = skills.migrate()
    assert skills.rows(f"{SERIES} ORDER BY id") == by_hand(rows, last - timedelta(hours=719), last)
    assert reasons(answer) == {"naive-times": 200}
    skills.run("rollback")
    assert skills.migrate("--all").status == 0
    assert skills.rows("SELECT sum(invocation_count) FROM skill_time_series") == [(len(rows),)]


def test_the_window_is_720_hours_and_ends_with_the_hour_of_the_instant(skills: SkillsHome) -> None:
    times = ["2026-03-01T12:59:59.9Z", "2026-03-01T13:00Z", "2026-01-30T13:00Z", "2026-01-30T12:59:59Z"]
    skills.db.unlink()
    skills.database([("a", at, "s", 1, None, None) for at in times])
    answer = skills.migrate()
    assert skills.rows("SELECT timestamp FROM skill_time_series ORDER BY id") == [
        ("2026-01-30T13:00:00",),
        ("2026-03-01T12:00:00",),
    ]
    assert reasons(answer) == {"future-times": 1, "before-window": 1}


def test_a_time_without_a_zone_is_noted_only_where_it_is_a_time(skills: SkillsHome) -> None:
    times = ["2026-03-01", "2026-03-01T10:00", "2026-03-01T10:00Z", "2026-02-30", "yesterday!"]
    skills.db.unlink()
    skills.database([("a", at, "s", 1, None, None) for at in times])
    assert reasons(skills.migrate()) == {"naive-times": 2}


def test_rows_that_cannot_be_used_are_named_and_stop_nothing(skills: SkillsHome) -> None:
    skills.execute(
        "INSERT INTO skill_invocation (skill_name, invoked_at, session_id, completed) VALUES ('odd', 'yesterday', 's0', 1);"
        "INSERT INTO skill_invocation (skill_name, invoked_at, session_id) VALUES ('orphan', '2026-03-01', 's1');"
        "INSERT INTO skill_invocation (skill_name, invoked_at, session_id) VALUES ('odd', x'00', 's1');"
        "DELETE FROM skill_metrics WHERE skill_name = 'orphan';"
    )
    answer = skills.migrate()
    assert answer.status == 0
    unused = {r["id"]: r["reason"] for r in answer.report["records"] if r["kind"] == "invocation"}
    assert unused == {"19": "unparseable-time", "20": "unknown-skill", "21": "unparseable-time"}
    assert skills.rows(
        "SELECT total_invocations FROM skill_community_baselines WHERE skill_name = 'odd'"
    ) == [(2,)]
    assert skills.rows("SELECT * FROM skill_time_series WHERE skill_name IN ('odd', 'orphan')") == []
    assert skills.rows("PRAGMA foreign_key_check") == []


def test_durations_that_are_no_seconds_count_in_no_mean(skills: SkillsHome) -> None:
    values = [2.0, -1.0, float("inf"), "long", 4, None]
    skills.db.unlink()
    skills.database([("a", "2026-03-01T10:00Z", "s", 1, value, None) for value in values])
    answer = skills.migrate()
    assert reasons(answer) == {"unusable-duration": 3}
    assert skills.rows("SELECT avg_duration_seconds FROM skill_time_series") == [(3.0,)]
    assert skills.rows("SELECT global_avg_duration_seconds FROM skill_community_baselines") == [(3.0,)]


def test_only_the_integer_1_is_completed(skills: SkillsHome) -> None:
    skills.db.unlink()
    skills.database([("a", "2026-03-01T10:00Z", "s", value, None, None) for value in (1, 2, -1, "true")])
    skills.migrate()
    assert skills.rows("SELECT completion_rate FROM skill_time_series") == [(0.25,)]


@pytest.mark.parametrize(("together", "alone", "lift"), [(5, 0, 1.0), (5, 33, 7.6), (4, 0, None)])
def test_pairs_are_sessions_that_both_skills_share(
    skills: SkillsHome, together: int, alone: int, lift: float | None
) -> None:
    rows: list[Row] = [("b", "2026-03-01", f"s{n}", 1, None, None) for n in range(together) for _ in range(3)]
    rows += [("a", "2026-03-01", f"s{n}", 1, None, None) for n in range(together)]
    rows += [("c", "2026-03-01", f"t{n}", 1, None, None) for n in range(alone)]
    skills.db.unlink()
    skills.database(rows)
    skills.migrate()
    found = skills.rows("SELECT skill_a, skill_b, co_occurrence_count, lift_score FROM skill_dependencies")
    assert found == ([("a", "b", together, pytest.approx(lift))] if lift else [])


def test_an_observed_pair_takes_the_place_of_the_one_in_the_taxonomy(skills: SkillsHome) -> None:
    skills.migrate()
    query = "SELECT skill_a, skill_b, co_occurrence_count FROM skill_dependencies ORDER BY rowid"
    assert skills.rows(query)[0] == ("ruff-check", "black-format", 6)
    assert ("black-format", "ruff-check") not in {row[:2] for row in skills.rows(query)}


def test_the_taxonomy_names_only_skills_that_were_used_unless_all_is_asked(skills: SkillsHome) -> None:
    fates = skills.migrate().fates()
    assert list(fates.values()).count(("skipped", "skill-unknown")) == 5
    counts = [f"SELECT count(*) FROM {name}" for name in ("skill_categories", "skill_modalities")]
    assert [skills.rows(query) for query in counts] == [[(6,)], [(2,)]]
    assert skills.rows("PRAGMA foreign_key_check") == []
    answer = skills.migrate("--taxonomy", "full")
    assert answer.status == 0
    assert [skills.rows(query) for query in counts] == [[(6,)], [(4,)]]
    skills.run("rollback")
    skills.migrate("--taxonomy", "none", "--no-backfill")
    assert [skills.rows(query) for query in counts] == [[(0,)], [(0,)]]


def test_a_percentile_counts_the_skills_that_are_worse(skills: SkillsHome) -> None:
    rates = {"a": (1, 1), "b": (0, 1), "c": (0, 1), "d": (0, 0)}
    skills.db.unlink()
    skills.database(
        [(skill, "2026-03-01", "s", done, None, None) for skill, rate in rates.items() for done in rate]
    )
    skills.migrate()
    query = "SELECT skill_name, effectiveness_percentile FROM skill_community_baselines ORDER BY 1"
    assert skills.rows(query) == [("a", 75.0), ("b", 25.0), ("c", 25.0), ("d", 0.0)]


def test_the_phase_is_the_most_frequent_and_of_equals_the_smallest(skills: SkillsHome) -> None:
    phases = [None, None, None, "setup", "setup", "cleanup", "cleanup", "execution"]
    skills.db.unlink()
    skills.database([("a", "2026-03-01", "s", 1, None, phase) for phase in phases])
    skills.migrate()
    assert skills.rows("SELECT most_common_workflow_phase FROM skill_community_baselines") == [("cleanup",)]


def test_hours_that_the_guide_s_loop_left_stay_and_are_told(skills: SkillsHome) -> None:
    skills.migrate("--no-backfill")
    hour = "2026-03-01T09:00:00"
    times = ("2026-03-01T09:12:33.5", "2026-03-01 09:00:00", hour, hour, "2026-02-28T01:00:00")
    skills.execute(
        "".join(
            f"INSERT INTO skill_time_series (skill_name, timestamp) VALUES ('ruff-check', '{at}');"
            for at in times
        )
    )
    assert {k: v for k, v in reasons(skills.migrate()).items() if "bucket" in k} == {
        "unaligned-bucket": 2, "duplicate-bucket": 1, "stale-bucket": 1,
    }  # fmt: skip
    query = f"SELECT id, invocation_count FROM skill_time_series WHERE skill_name = 'ruff-check' AND timestamp = '{hour}'"
    assert skills.rows(query) == [(3, 2), (4, 0)]


def test_names_that_are_not_text_are_no_skills(skills: SkillsHome) -> None:
    skills.execute(
        "INSERT INTO skill_invocation (skill_name, invoked_at, session_id) VALUES (x'61', '2026-03-01', 's');"
        "INSERT INTO skill_invocation (skill_name, invoked_at, session_id) VALUES (CAST(x'ff' AS TEXT), '2026-03-01', 's');"
    )
    answer = skills.migrate()
    assert [r["reason"] for r in answer.report["records"] if r["kind"] == "invocation"] == [
        "unknown-skill"
    ] * 2
    assert skills.run("rollback").status == 0


def test_a_database_in_utf_16_gives_the_same_figures(skills: SkillsHome) -> None:
    skills.migrate()
    figures = skills.rows(f"{SERIES} ORDER BY id")
    skills.run("rollback")
    skills.db.unlink()
    with sqlite3.connect(skills.db) as db:
        db.execute("PRAGMA encoding = 'UTF-16le'")
        db.execute("CREATE TABLE theirs (x)")
    skills.database()
    assert skills.rows("PRAGMA encoding") == [("UTF-16le",)]
    assert skills.migrate().status == 0
    assert skills.rows(f"{SERIES} ORDER BY id") == figures


def test_a_mean_that_differs_only_in_rounding_is_no_change(skills: SkillsHome) -> None:
    skills.migrate()
    skills.execute(
        "UPDATE skill_community_baselines SET global_completion_rate = global_completion_rate * (1 + 2e-16)"
    )
    assert not skills.migrate().report["changed"]


def test_an_empty_database_gets_version_4_and_the_categories(skills: SkillsHome) -> None:
    skills.db.unlink()
    skills.database([])
    assert skills.migrate().status == 0
    assert skills.rows("SELECT count(*) FROM skill_categories") == [(6,)]
    assert skills.run("verify").status == 0


@pytest.mark.parametrize(
    "words", [("--as-of", "2026-03-01T12:00:00"), ("--naive-tz", "CET"), ("--min-co-occurrence", "0")]
)
def test_options_that_make_no_sense_are_bad_usage(skills: SkillsHome, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        skills.run("migrate", *words)
    assert ended.value.code == 2


def test_figures_survive_json(skills: SkillsHome) -> None:
    """The journal keeps rows as JSON; what comes back is what went in."""
    skills.migrate()
    folder = next(skills.root.glob(".local/state/migrator/session-buddy/*/made.jsonl"))
    lines = [json.loads(line) for line in folder.read_text().splitlines()]
    with sqlite3.connect(skills.db) as db:
        total = sum(
            db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in {line[0] for line in lines}
        )
    assert len(lines) == total > 0
