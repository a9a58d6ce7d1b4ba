"""session-buddy: which databases are refused, each with its code and untouched; and questions to those that are not."""

import io
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from skills import AS_OF, SkillsHome

from migrator import cli
from migrator.session_buddy import ddl, shape

SQL = {
    "DROP VIEW v_top_skills": "V3_MISSING",
    "DROP TRIGGER trg_skill_metrics_after_insert": "V3_MISSING",
    "DROP INDEX idx_invocation_embedding": "V3_MISSING",
    "DROP TABLE mv_daily_skills": "V3_MISSING",
    "DELETE FROM skill_migrations WHERE version LIKE 'V3%'": "V3_MISSING",
    "UPDATE skill_migrations SET success = 0 WHERE version LIKE 'V2%'": "V3_MISSING",
    "INSERT INTO skill_migrations (version, applied_at) VALUES ('V9__more', 'now')": "UNKNOWN_VERSION",
    "INSERT INTO skill_migrations (version, applied_at) VALUES (NULL, 'now')": "UNKNOWN_VERSION",
    "UPDATE skill_migrations SET version = substr(version, 2, 1)": "UNKNOWN_VERSION",
    "DROP TABLE skill_migrations": "NOT_SKILLS_DATABASE",
    "CREATE TABLE skill_anomalies (id INTEGER PRIMARY KEY)": "NAME_TAKEN",
    "CREATE TABLE V_AB_TEST_SUMMARY (x)": "NAME_TAKEN",
    "CREATE VIEW v_ab_test_summary AS SELECT 1 AS test_id": "NAME_TAKEN",
    "CREATE INDEX idx_dependencies_lift ON skill_metrics (skill_name)": "NAME_TAKEN",
    "CREATE TRIGGER trg_metrics_cache_after_insert AFTER INSERT ON skill_invocation BEGIN SELECT 1; END": "NAME_TAKEN",
    "INSERT INTO skill_migrations (version, applied_at) VALUES ('V4__phase4_extensions', 'now')": "V4_INCOMPLETE",
    "CREATE TRIGGER no BEFORE INSERT ON skill_migrations BEGIN SELECT RAISE(ABORT, 'no'); END": "DB_INVALID",
    "CREATE TRIGGER no BEFORE INSERT ON skill_migrations BEGIN SELECT RAISE(IGNORE); END": "DB_INVALID",
    "CREATE UNIQUE INDEX one ON skill_migrations (success) WHERE version > 'V3'": "DB_INVALID",
}


def refused(home: SkillsHome, code: str, *words: str) -> None:
    before = home.picture()
    for verb in ("plan", "migrate"):
        answer = home.run(verb, "--as-of", AS_OF, *words)
        assert (answer.status, answer.code) == (3, code), answer.report["message"]
    assert home.picture() == before


@pytest.mark.parametrize(("statement", "code"), SQL.items())
def test_a_database_in_a_state_that_is_not_right_is_refused(
    skills: SkillsHome, statement: str, code: str
) -> None:
    skills.execute(statement)
    refused(skills, code)


@pytest.mark.parametrize("version", [1, 2])
def test_an_earlier_version_is_refused(skills: SkillsHome, version: int) -> None:
    skills.db.unlink()
    skills.database([], versions=version)
    refused(skills, "V3_MISSING")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "NOT_SKILLS_DATABASE"),
        (b"SQLite format 3\0", "NOT_A_DATABASE"),
        (bytes(8) + b"DUCK" + bytes(500), "NOT_A_DATABASE"),
        (b"SQLite format 3\0" + bytes(4080), "DB_INVALID"),
    ],
)
def test_what_is_no_database_is_refused(skills: SkillsHome, content: bytes, code: str) -> None:
    skills.db.write_bytes(content)
    refused(skills, code)


def test_a_database_of_something_else_is_refused(skills: SkillsHome) -> None:
    skills.db.unlink()
    with sqlite3.connect(skills.db) as db:
        db.execute("CREATE TABLE other (x)")
    refused(skills, "NOT_SKILLS_DATABASE")


def test_a_damaged_page_is_refused(skills: SkillsHome) -> None:
    skills.execute("PRAGMA journal_mode=DELETE")
    page = skills.rows("SELECT rootpage FROM sqlite_master WHERE name = 'idx_invocation_skill'")[0][0]
    with skills.db.open("r+b") as stream:
        stream.seek((page - 1) * 4096)
        stream.write(bytes(4096))
    refused(skills, "DB_INVALID")


def folder(home: SkillsHome) -> None:
    home.db.unlink()
    home.db.mkdir()


def both(home: SkillsHome) -> None:
    home.database(path=home.root / ".session-buddy" / "skills.db")


def outside(home: SkillsHome) -> None:
    shutil.move(home.db, home.root.with_name("elsewhere.db"))
    home.db.symlink_to(home.root.with_name("elsewhere.db"))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda home: home.db.unlink(), "DB_MISSING"),
        (folder, "NOT_A_DATABASE"),
        (both, "DB_AMBIGUOUS"),
        (outside, "PATH_ESCAPES"),
    ],
)
def test_a_place_that_is_not_right_is_refused(
    skills: SkillsHome, change: Callable[[SkillsHome], None], code: str
) -> None:
    change(skills)
    refused(skills, code)


def test_a_database_that_is_named_is_taken_wherever_it_lies(skills: SkillsHome) -> None:
    both(skills)
    outside(skills)
    before = (skills.root / ".session-buddy" / "skills.db").read_bytes()
    assert skills.migrate("--database", str(skills.db)).status == 0
    assert skills.rows("SELECT count(*) FROM skill_categories") == [(6,)]
    assert (skills.root / ".session-buddy" / "skills.db").read_bytes() == before
    assert skills.migrate("--database", "~/.session-buddy/skills.db").status == 0
    refused(skills, "DB_MISSING", "--database", "~/nowhere/skills.db")
    assert not (skills.root / "nowhere").exists()


def test_a_rollback_finds_the_one_of_two_databases_that_was_migrated(skills: SkillsHome) -> None:
    both(skills)
    before = skills.picture(state=False)
    skills.migrate("--database", "~/.session-buddy/skills.db")
    assert skills.picture(state=False) != before
    assert skills.run("verify").status == 0
    assert skills.run("rollback").report["changed"]
    assert skills.picture(state=False) == before
    assert not skills.run("rollback").report["changed"]


def test_a_link_inside_the_home_is_followed(skills: SkillsHome) -> None:
    kept = skills.root / "kept" / "my skills ü.db"
    kept.parent.mkdir()
    shutil.move(skills.db, kept)
    skills.db.symlink_to(kept)
    answer = skills.migrate()
    assert answer.report["records"][0]["source"] == "kept/my skills ü.db#schema"
    assert skills.db.is_symlink()
    assert skills.run("rollback").report["changed"]


def test_a_database_in_use_is_refused(skills: SkillsHome) -> None:
    db = sqlite3.connect(skills.db)
    db.execute("SELECT * FROM skill_metrics").fetchone()
    answer = skills.migrate()
    db.close()
    assert answer.code == "DB_LOCKED"


def test_keys_that_pointed_to_nothing_before_are_told_and_no_obstacle(skills: SkillsHome) -> None:
    skills.execute(ddl.UP["skill_anomalies"][1])
    skills.execute(
        "INSERT INTO skill_anomalies (skill_name, detected_at, anomaly_type) VALUES ('gone', 't', 'drop')"
    )
    answer = skills.migrate()
    assert answer.status == 0
    assert "foreign-key-violations" in {note["reason"] for note in answer.report["notes"]}


def test_a_missing_record_of_version_1_is_told_and_no_obstacle(skills: SkillsHome) -> None:
    skills.execute("DELETE FROM skill_migrations WHERE version LIKE 'V1%'")
    answer = skills.migrate()
    assert (answer.status, [note["reason"] for note in answer.report["notes"]]) == (0, ["v1-row-missing"])


@pytest.mark.parametrize("name", ddl.VIEWS)
def test_a_view_that_answers_otherwise_is_something_else(name: str) -> None:
    kind, sql = ddl.UP[name]
    assert shape._does(
        kind, name, name, sql.replace("ORDER BY", "/* the same */ ORDER  BY")
    ) == shape._expected(kind, name)
    for wrong in (
        sql + " LIMIT 1",
        f"CREATE VIEW {name} AS SELECT * FROM nowhere",
        f"CREATE VIEW {name} AS SELECT 1",
    ):
        assert shape._does(kind, name, name, wrong) != shape._expected(kind, name)


def test_a_view_that_never_ends_is_something_else(skills: SkillsHome) -> None:
    endless = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS test_id FROM n"
    skills.execute(f"CREATE VIEW v_ab_test_summary AS {endless}")
    refused(skills, "NAME_TAKEN")


class Asking:
    """Asks a migrated home."""

    def __init__(self, home: SkillsHome, patch: pytest.MonkeyPatch) -> None:
        self.home, self.patch = home, patch

    def __call__(self, *requests: Any) -> list[Any]:
        lines = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in requests)
        out = io.StringIO()
        self.patch.setattr("sys.stdin", io.StringIO(lines))
        self.patch.setattr("sys.stdout", out)
        status = cli.main(
            ["query", "session-buddy", "--home", str(self.home.root), "--as-of", AS_OF, "--json"]
        )
        self.patch.undo()
        self.status = status
        return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.fixture
def ask(skills: SkillsHome, monkeypatch: pytest.MonkeyPatch) -> Asking:
    skills.migrate()
    return Asking(skills, monkeypatch)


def test_questions_change_nothing_and_bad_ones_stop_nothing(ask: Asking) -> None:
    before = ask.home.picture()
    answers = ask("nonsense", [], {"op": "no"}, {"op": "views", "more": 1}, {"op": "live-metrics", "limit": -1},
                  {"op": "anomalies", "threshold": "x"}, '{"op": "live-metrics", "window_hours": NaN}',
                  {"op": "anomalies", "window_hours": 1e308}, {"op": [], "x": "\ud800"}, {"op": "views"})  # fmt: skip
    assert [one["ok"] for one in answers] == [False] * 9 + [True]
    assert {one.get("error") for one in answers[:9]} == {"BAD_REQUEST"}
    assert answers[-1]["views"].keys() == ddl.VIEWS.keys()
    assert ask.home.picture() == before


def test_a_database_without_version_4_cannot_be_asked(
    skills: SkillsHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = Asking(skills, monkeypatch)
    (answer,) = asking({"op": "views"})
    assert (asking.status, answer["code"]) == (3, "V4_MISSING")


def test_live_metrics_are_of_the_last_hours_the_begin_not_counted(ask: Asking) -> None:
    (answer,) = ask({"op": "live-metrics", "limit": 2, "window_hours": 2 + 34 / 60 + 56 / 3600})
    about = {"invocation_count": 4, "completed_count": 3, "avg_duration": 5.5}
    assert answer["skills"] == [
        {"skill_name": "black-format", **about, "last_invocation_at": "2026-03-01T12:01:00+00:00"},
        {"skill_name": "pytest-run", **about, "last_invocation_at": "2026-03-01T12:02:00+00:00"},
    ]


def test_an_anomaly_is_a_rate_far_from_what_it_was(ask: Asking) -> None:
    row = "INSERT INTO skill_invocation (skill_name, invoked_at, session_id, completed) VALUES ('x', '{}', 's', {});"
    before = [row.format(f"2026-03-01T0{n}:00:00", int(n > 0)) for n in range(8)]
    now = [row.format(f"2026-03-01T12:0{n}:00", 0) for n in range(2)]
    ask.home.execute("".join([*before, *now]))
    (answer,) = ask({"op": "anomalies"})
    spread = (7 / 8 / 7) ** 0.5
    (found,) = answer["anomalies"]
    assert found == {"skill_name": "x", "anomaly_type": "performance_drop", "baseline_value": 0.875, "observed_value": 0.0,
                     "deviation_score": pytest.approx(-0.875 / spread)}  # fmt: skip


def test_recommendations_are_what_users_alike_completed(ask: Asking) -> None:
    rows = [("me", skill, 1) for skill in "abc"] + [("me", "tried", 0)]
    rows += [("like", skill, 1) for skill in (*"abc", "d", "tried")] + [("like", "d", 0)]
    rows += [("other", skill, 1) for skill in ("a", "e")]
    ask.home.execute("".join(
        "INSERT INTO skill_user_interactions (user_id, session_id, skill_name, invoked_at, completed) "
        f"VALUES ('{user}', 's', '{skill}', 't', {done});" for user, skill, done in rows
    ))  # fmt: skip
    found = ask(
        {"op": "recommendations", "user": "me"}, {"op": "recommendations", "user": "me", "min_common": 4}
    )
    best = {"skill_name": "d", "score": 0.3, "completion_rate": 0.5, "similar_user": "like"}
    assert [one["recommendations"] for one in found] == [[best], []]


def test_a_summary_of_a_test_counts_users_and_outcomes_apart(ask: Asking) -> None:
    ask.home.execute(
        "INSERT INTO ab_test_configs (test_name, control_strategy, treatment_strategy, start_date) VALUES ('t', 'a', 'b', 'now');"
        "INSERT INTO ab_test_assignments (test_id, user_id, group_name) VALUES (1, 'u', 'control'), (1, 'v', 'control');"
        "INSERT INTO ab_test_outcomes (test_id, user_id, skill_name, completed, duration_seconds) "
        "VALUES (1, 'u', 'x', 1, 2.0), (1, 'u', 'x', 0, NULL), (1, 'stranger', 'x', 1, 9.0);"
    )
    found, missing = ask({"op": "ab-summary", "test": "t"}, {"op": "ab-summary", "test": "no"})
    assert found == {
        "ok": True, "test_name": "t", "status": "running", "winner": None,
        "control": {"users": 2, "outcomes": 2, "completion_rate": 0.5, "avg_duration": 2.0},
        "treatment": {"users": 0, "outcomes": 0, "completion_rate": None, "avg_duration": None},
    }  # fmt: skip
    assert missing == {"ok": False, "error": "NO_SUCH_TEST"}


def test_a_folder_that_may_not_be_written_is_refused(skills: SkillsHome) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    skills.db.parent.chmod(0o500)
    try:
        assert skills.migrate().code == "NO_ACCESS"
    finally:
        skills.db.parent.chmod(0o700)
