import os
import sqlite3
import tempfile
from pathlib import Path

import pytest
from oracle_homes import (
    DATABASE,
    ROOT,
    TRIGGERS,
    build,
    empty_database,
    golden_database,
    index_sql,
    legacy,
    project_sql,
    script,
    session_sql,
    table_sql,
    with_rows,
)

from harness.expectation import TargetUnreadableError
from harness.home import Home
from harness.systems.ao.oracle import read_target, soundness, target_damage, target_problems

TIME = "2026-01-01T00:00:00.000Z"
ROWS = (project_sql("p", "/p"), session_sql("s", "p", 1))


def home_of(content: bytes) -> Home:
    return Home.empty(ROOT).with_file(DATABASE, content)


def problems(*statements: str) -> list[str]:
    return target_problems(home_of(with_rows(*statements)))


def test_a_missing_database_has_no_tables_and_no_problems() -> None:
    assert read_target(Home.empty(ROOT)) == {}
    assert target_problems(Home.empty(ROOT)) == []


def test_an_unreadable_database_says_so() -> None:
    home = home_of(b"not a database " * 100)

    with pytest.raises(TargetUnreadableError, match=r"\.ao/data/ao\.db: "):
        read_target(home)
    assert len(target_problems(home)) == 1


def test_rows_are_read_in_canonical_values() -> None:
    tables = read_target(
        home_of(
            with_rows(
                project_sql("p", "/p", """'{"env":{},"worker":{"agentConfig":{}},"sessionPrefix":"p"}'"""),
                project_sql("q", "/q", "'{\"agentConfig\":{}}'"),
                project_sql("r", "/r", "'broken'"),
                session_sql("s", "p", 1),
            )
        )
    )

    assert {key: row["config"] for key, row in tables["projects"].items()} == {
        "p": {"sessionPrefix": "p"},
        "q": None,
        "r": "broken",
    }
    assert tables["projects"]["p"]["registered_at"] == "2026-01-01T00:00:00.500Z"
    assert tables["sessions"]["s"]["updated_at"] == "2026-01-02T00:00:00.000Z"
    assert tables["change_log"] == {
        '["session_created", "s", {"activity": "idle", "id": "s", "isTerminated": false}, 1]': {
            "project_id": "p",
            "session_id": "s",
            "event_type": "session_created",
            "payload": {"id": "s", "activity": "idle", "isTerminated": False},
            "created_at": "2026-01-02T00:00:00.000Z",
        }
    }
    assert set(tables["goose_db_version"]) == {str(number) for number in range(1, 14)}
    assert not any(name.startswith("sqlite_") for name in tables)


def test_poison_instants_are_left_raw() -> None:
    row = read_target(
        home_of(with_rows(*ROWS, "UPDATE sessions SET created_at = 5, first_signal_at = 'soon'"))
    )
    found = row["sessions"]["s"]

    assert (found["created_at"], found["first_signal_at"]) == (5, "soon")


def test_equal_changes_are_told_apart_by_their_number() -> None:
    log = read_target(
        home_of(
            with_rows(
                *ROWS,
                "UPDATE sessions SET is_terminated = 1",
                "UPDATE sessions SET is_terminated = 0",
                "UPDATE sessions SET is_terminated = 1",
            )
        )
    )["change_log"]

    assert [key[-3:] for key in log] == [" 1]", " 1]", " 1]", " 2]"]


def test_composite_keys_and_rows_without_a_key_are_all_kept() -> None:
    tables = read_target(
        home_of(
            with_rows(
                *ROWS,
                f"INSERT INTO workspace_repos VALUES ('p', 'n', 'r', '', '{TIME}')",
                "CREATE TABLE loose (a)",
                "INSERT INTO loose VALUES (1), (1), (NULL)",
                "PRAGMA foreign_keys = OFF",
                f"INSERT INTO notifications (id, session_id, project_id, type, title, created_at) VALUES"
                f" (NULL, 's', 'p', 'pr_merged', 't', '{TIME}'), (NULL, 's', 'p', 'needs_input', 't', '{TIME}')",
            )
        )
    )

    assert list(tables["workspace_repos"]) == ['["p", "n"]']
    assert [row["a"] for row in tables["loose"].values()] == [1, 1, None]
    assert len(tables["notifications"]) == 2


def test_rows_that_are_only_in_the_write_ahead_log_count() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ao.db")
        path.write_bytes(empty_database())
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(project_sql("p", "/p"))
        parts = {name: Path(folder, name).read_bytes() for name in os.listdir(folder)}
        connection.close()
    home = Home.empty(ROOT)
    for name, content in parts.items():
        home = home.with_file(f".ao/data/{name}", content)

    assert list(read_target(home)["projects"]) == ["p"]
    assert read_target(home.without(".ao/data/ao.db-wal"))["projects"] == {}


def test_text_that_is_not_utf8_can_be_read() -> None:
    home = home_of(with_rows(project_sql("p", "/p"), "UPDATE projects SET path = CAST(x'2fff' AS TEXT)"))

    assert read_target(home)["projects"]["p"]["path"] == "/\udcff"


def test_a_sound_database_has_no_problems() -> None:
    assert problems(*ROWS) == []


def test_the_empty_database_of_the_real_program_has_no_problems() -> None:
    content = golden_database()
    if content is None:
        pytest.skip("no golden homes here; set GOLDEN_HOMES")

    assert target_problems(home_of(content)) == []
    tables = read_target(home_of(content))
    assert {name: len(rows) for name, rows in tables.items() if rows} == {"goose_db_version": 13}


def other_payload() -> str:
    return TRIGGERS["sessions_cdc_insert"].replace("'activity', NEW.activity_state", "'activity', 'idle '")


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (["DROP INDEX idx_pr_session"], "pr: the index idx_pr_session is missing"),
        (
            ["DROP INDEX idx_pr_session", "CREATE INDEX idx_pr_session ON pr (number)"],
            "pr: the index idx_pr_session is Index",
        ),
        (["CREATE INDEX more ON pr (number)"], "pr: the index more does not belong"),
        (["DROP TRIGGER pr_cdc_update"], "pr: the trigger pr_cdc_update is missing"),
        (
            ["DROP TRIGGER sessions_cdc_insert", other_payload()],
            "change_log: the trigger sessions_cdc_insert wrote",
        ),
        (
            [
                "DROP TRIGGER pr_checks_cdc_update",
                TRIGGERS["pr_checks_cdc_update"].replace("OLD.status <> NEW.status", "1"),
            ],
            "change_log: the trigger pr_checks_cdc_update wrote",
        ),
        (
            ["CREATE TRIGGER more AFTER DELETE ON pr BEGIN SELECT 1; END"],
            "pr: the trigger more does not belong",
        ),
        (["ALTER TABLE sessions DROP COLUMN prompt"], "sessions: the column prompt is missing"),
        (["ALTER TABLE sessions ADD COLUMN more TEXT"], "sessions: the column more does not belong"),
        (["DROP TABLE workspace_repos"], "workspace_repos: the table is missing"),
        (
            ["DROP TABLE workspace_repos", table_sql("workspace_repos").replace("CASCADE", "NO ACTION")],
            "workspace_repos: the foreign keys are",
        ),
        (
            [
                "DROP TABLE workspace_repos",
                table_sql("workspace_repos").replace(", UNIQUE (project_id, relative_path)", ""),
            ],
            "workspace_repos: UNIQUE is []",
        ),
        (
            [
                "DROP TABLE session_worktrees",
                table_sql("session_worktrees").replace("'removed'", "'gone'"),
                index_sql("idx_session_worktrees_session"),
            ],
            "session_worktrees: state does not accept 'removed'",
        ),
        (
            [
                "DROP TABLE session_worktrees",
                table_sql("session_worktrees").replace("CHECK (state", "CHECK (1 OR state"),
                index_sql("idx_session_worktrees_session"),
            ],
            "session_worktrees: state accepts any text",
        ),
        (
            [
                "DROP TABLE workspace_repos",
                table_sql("workspace_repos").replace("DEFAULT ''", "DEFAULT 'x'"),
            ],
            "workspace_repos: the column is Column(name='repo_origin_url'",
        ),
        (["DELETE FROM goose_db_version WHERE version_id = 7"], "goose_db_version: version 7 is missing"),
        (
            ["UPDATE goose_db_version SET is_applied = 0 WHERE version_id = 7"],
            "goose_db_version: version 7 is not applied",
        ),
        (
            ["INSERT INTO goose_db_version (version_id, is_applied) VALUES (13, 1)"],
            "goose_db_version: version 13 is not one of",
        ),
        (
            ["DROP TABLE goose_db_version"],
            "goose_db_version: the table is missing, so the version is 0",
        ),
        (
            ["PRAGMA foreign_keys = OFF", session_sql("s", "gone", 1)],
            "sessions s: refers to a row of projects",
        ),
        ([*ROWS, "UPDATE sessions SET created_at = 1777629600"], "sessions s: created_at is 1777629600"),
        ([*ROWS, "UPDATE projects SET registered_at = ''"], "projects p: registered_at is ''"),
        ([*ROWS, "UPDATE sessions SET first_signal_at = 'soon'"], "sessions s: first_signal_at is 'soon'"),
        ([*ROWS, "UPDATE sessions SET num = 1e20"], "sessions s: num is 1e+20"),
        (
            [*ROWS, "PRAGMA ignore_check_constraints = 1", "UPDATE change_log SET payload = '{'"],
            "change_log 1: payload is not JSON",
        ),
        (
            [*ROWS, "DELETE FROM sqlite_sequence WHERE name = 'change_log'"],
            "sqlite_sequence change_log: no counter",
        ),
        (
            ["UPDATE sqlite_sequence SET seq = 3 WHERE name = 'goose_db_version'"],
            "sqlite_sequence goose_db_version: the counter is 3",
        ),
        (
            ["INSERT INTO sqlite_sequence VALUES ('goose_db_version', 99)"],
            "sqlite_sequence goose_db_version: 2 counters",
        ),
    ],
)
def test_each_flaw_is_named(statements: list[str], said: str) -> None:
    assert any(problem.startswith(said) for problem in problems(*statements))


def test_columns_in_another_order_are_named() -> None:
    swapped = table_sql("workspace_repos").replace(
        "name TEXT NOT NULL, relative_path TEXT NOT NULL", "relative_path TEXT NOT NULL, name TEXT NOT NULL"
    )

    assert any("another order" in problem for problem in problems("DROP TABLE workspace_repos", swapped))


def test_another_primary_key_is_named() -> None:
    other = table_sql("workspace_repos").replace("PRIMARY KEY (project_id, name)", "PRIMARY KEY (name)")

    assert any(
        "the primary key is ('name',)" in problem for problem in problems("DROP TABLE workspace_repos", other)
    )


def test_a_damaged_page_is_named() -> None:
    content = bytearray(with_rows(*ROWS))
    content[4096 * 2 : 4096 * 3] = b"\xff" * 4096

    assert target_problems(home_of(bytes(content))) != []


def test_a_damaged_index_is_named() -> None:
    content = build(
        [
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_master SET sql = replace(sql, 'project_id', 'num') WHERE name = 'idx_sessions_project'",
        ],
        start=with_rows(*ROWS),
    )

    damage = target_damage(home_of(content))
    assert damage
    assert set(damage) <= set(target_problems(home_of(content)))


def test_looking_leaves_the_home_as_it_was() -> None:
    home = legacy(database=with_rows(*ROWS))
    before = home.manifest()

    target_problems(home)
    read_target(home)

    assert home.manifest() == before


def test_the_trial_leaves_no_rows_behind() -> None:
    assert problems(*ROWS) == problems(*ROWS) == []


def test_the_script_makes_every_object_of_the_schema() -> None:
    assert len(script()) == 13 + 8 + 9 + 13


def test_the_same_bytes_are_looked_at_once_and_others_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[object] = []
    monkeypatch.setattr(soundness, "trial_problems", lambda database: looked.append(database) or [])
    one = home_of(with_rows(project_sql("looked-at-once", "/p")))
    assert target_problems(one) == target_problems(one.with_file("elsewhere", b"x")) == []
    assert len(looked) == 1
    assert target_problems(one.without(DATABASE)) == []
    target_problems(one.with_file(DATABASE + "-wal", b"not a log"))
    assert len(looked) == 2
