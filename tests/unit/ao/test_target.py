"""The harness's own databases behave as the one that upstream's schema steps made."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from harness.systems.ao import target
from harness.systems.ao.model import Project, Session, TargetKind, TargetState

_GOLDEN = Path(os.environ.get("GOLDEN_HOMES") or Path(__file__).parents[4] / "shared" / "golden")
_AT = "2026-06-01 10:00:00.123 +0000 UTC"


def _opened(image: bytes) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(image[:18] + b"\x01\x01" + image[20:])  # in memory there is no write-ahead log
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


@pytest.fixture
def pair() -> Iterator[tuple[sqlite3.Connection, sqlite3.Connection]]:
    golden = _GOLDEN / "ao" / "ao-v12-empty.db"
    if not golden.exists():
        pytest.skip(f"{golden} is absent; set GOLDEN_HOMES to the folder of golden homes")
    ours = target.empty_database(journal="delete")
    with closing(_opened(ours)) as one, closing(_opened(golden.read_bytes())) as other:
        yield one, other


def _rows(connection: sqlite3.Connection, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    return connection.execute(sql, values).fetchall()


def _tables(connection: sqlite3.Connection) -> list[str]:
    return [
        name
        for (name,) in _rows(connection, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    ]


def _structure(connection: sqlite3.Connection) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for table in _tables(connection):
        found[f"{table} columns"] = _rows(connection, "SELECT * FROM pragma_table_xinfo(?)", table)
        keys = 'SELECT "table", "from", "to", on_update, on_delete, "match" FROM pragma_foreign_key_list(?)'
        found[f"{table} foreign keys"] = sorted(_rows(connection, keys, table), key=str)
        for name, unique, origin, partial in _rows(
            connection, 'SELECT name, "unique", origin, partial FROM pragma_index_list(?)', table
        ):
            columns = _rows(connection, "SELECT * FROM pragma_index_xinfo(?)", name)
            found[f"{table} index {name}"] = (unique, origin, partial, columns)
    sql = "SELECT name, tbl_name FROM sqlite_master WHERE type = ? ORDER BY name"
    found["triggers"] = _rows(connection, sql, "trigger")
    found["indexes"] = _rows(connection, sql, "index")
    return found


def test_tables_columns_keys_and_indexes_are_those_of_upstream(pair: tuple[sqlite3.Connection, ...]) -> None:
    ours, golden = map(_structure, pair)
    assert ours == golden
    assert len(ours["triggers"]) == 9


def test_the_partial_index_has_the_same_condition(pair: tuple[sqlite3.Connection, ...]) -> None:
    sql = "SELECT sql FROM sqlite_master WHERE name = 'idx_notifications_unread_dedupe'"
    ours, golden = (re.sub(r"\s+", "", _rows(connection, sql)[0][0]) for connection in pair)
    assert ours == golden


def test_settings_and_bookkeeping_are_those_of_upstream(pair: tuple[sqlite3.Connection, ...]) -> None:
    for pragma in ("page_size", "encoding", "auto_vacuum", "user_version", "application_id"):
        ours, golden = (_rows(connection, f"PRAGMA {pragma}") for connection in pair)
        assert ours == golden, pragma
    for sql in (
        "SELECT id, version_id, is_applied FROM goose_db_version",
        "SELECT * FROM sqlite_sequence ORDER BY name",
        *(f"SELECT count(*) FROM {table}" for table in _tables(pair[0])),
    ):
        ours, golden = (_rows(connection, sql) for connection in pair)
        assert ours == golden, sql


_PARENTS = (
    f"INSERT INTO projects (id, path, registered_at) VALUES ('p', '/p', '{_AT}'), ('q', '/q', '{_AT}')",
    (
        "INSERT INTO sessions (id, project_id, num, activity_last_at, created_at, updated_at) VALUES "
        f"('s', 'p', 1, '{_AT}', '{_AT}', '{_AT}'), ('t', 'q', 1, '{_AT}', '{_AT}', '{_AT}')"
    ),
    f"INSERT INTO pr (url, session_id, updated_at) VALUES ('u', 's', '{_AT}')",
    f"INSERT INTO review (id, session_id, project_id, harness, created_at, updated_at) VALUES ('r', 's', 'p', 'codex', '{_AT}', '{_AT}')",
)
_REQUIRED: dict[str, dict[str, object]] = {
    "projects": {"id": "x", "path": "/x", "registered_at": _AT},
    "sessions": {"id": "x", "project_id": "p", "num": 9, "activity_last_at": _AT, "created_at": _AT, "updated_at": _AT},
    "change_log": {"project_id": "p", "event_type": "pr_created", "payload": "{}"},
    "pr": {"url": "x", "session_id": "s", "updated_at": _AT},
    "pr_checks": {"pr_url": "u", "name": "n", "commit_hash": "c", "created_at": _AT},
    "pr_comment": {"pr_url": "u", "comment_id": "c", "created_at": _AT},
    "pr_review_threads": {"pr_url": "u", "thread_id": "x", "updated_at": _AT},
    "workspace_repos": {"project_id": "p", "name": "n", "relative_path": ".", "registered_at": _AT},
    "session_worktrees": {"session_id": "s", "repo_name": "n", "branch": "b", "base_sha": "c", "worktree_path": "/w"},
    "notifications": {
        "id": "n", "session_id": "s", "project_id": "p", "type": "needs_input", "title": "t", "created_at": _AT,
    },
    "review": {
        "id": "x", "session_id": "t", "project_id": "p", "harness": "x", "created_at": _AT, "updated_at": _AT,
    },
    "review_run": {"id": "x", "review_id": "r", "session_id": "s", "harness": "x", "created_at": _AT},
}  # fmt: skip
_WORDS = (  # noqa: SIM905 - a table of words
    "single_repo workspace worker orchestrator active idle waiting_input blocked exited claude-code codex aider "
    "opencode grok droid amp agy crush cursor qwen copilot goose auggie continue devin cline kimi kiro kilocode vibe "
    "pi autohand kimicode Codex session_created session_updated pr_created pr_updated pr_check_recorded "
    "pr_session_changed pr_review_thread_added pr_review_thread_resolved draft open merged closed none approved "
    "changes_requested review_required unknown pending passing failing mergeable conflicting unstable queued "
    "in_progress passed failed skipped cancelled removed retry_remove unavailable stray_moved needs_input "
    "ready_to_merge pr_merged pr_closed_unmerged read unread"
).split()


def _outcome(connection: sqlite3.Connection, table: str, row: dict[str, object]) -> str:
    connection.execute("SAVEPOINT attempt")
    try:
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))
    except sqlite3.IntegrityError as error:
        return str(error).partition(":")[0]
    else:
        return "accepted"
    finally:
        connection.execute("ROLLBACK TO attempt")


@pytest.mark.parametrize("table", _REQUIRED)
def test_every_column_accepts_and_refuses_what_upstream_does(
    pair: tuple[sqlite3.Connection, ...], table: str
) -> None:
    for connection in pair:
        for statement in _PARENTS:
            connection.execute(statement)
    base = _REQUIRED[table]
    columns = [row[1] for row in _rows(pair[0], "SELECT * FROM pragma_table_info(?)", table)]
    assert {_outcome(connection, table, base) for connection in pair} == {"accepted"}
    for column in columns:
        free = _outcome(pair[1], table, {**base, column: "bogus"}) == "accepted"
        for value in ("bogus", "", None, 5, 1.5, "{", '{"a": 1}', *(() if free else _WORDS)):
            ours, golden = (_outcome(connection, table, {**base, column: value}) for connection in pair)
            assert ours == golden, (column, value)
        left_out = {key: value for key, value in base.items() if key != column}
        if left_out:
            ours, golden = (_outcome(connection, table, left_out) for connection in pair)
            assert ours == golden, f"{column} left out"


_CHANGES = (
    *_PARENTS,
    "UPDATE sessions SET prompt = 'other'",
    "UPDATE sessions SET activity_state = 'active', updated_at = '2026-06-02T00:00:00Z' WHERE id = 's'",
    "UPDATE sessions SET is_terminated = 1",
    f"UPDATE sessions SET first_signal_at = '{_AT}' WHERE id = 't'",
    "UPDATE sessions SET first_signal_at = NULL WHERE id = 't'",
    "UPDATE pr SET title = 'x', updated_at = '2026-06-03'",
    "UPDATE pr SET pr_state = 'draft'",
    "UPDATE pr SET ci_state = 'failing'",
    "UPDATE pr SET review_decision = 'approved'",
    "UPDATE pr SET mergeability = 'blocked'",
    "UPDATE pr SET session_id = 't'",
    "UPDATE pr SET session_id = 's', pr_state = 'merged'",
    f"INSERT INTO pr_checks (pr_url, name, commit_hash, created_at) VALUES ('u', 'n \"q\"', 'c', '{_AT}')",
    "UPDATE pr_checks SET log_tail = 'x'",
    "UPDATE pr_checks SET status = 'passed'",
    (
        "INSERT INTO pr_review_threads (pr_url, thread_id, path, line, resolved, is_bot, updated_at) "
        f"VALUES ('u', 't', 'a.py', 7, 0, 1, '{_AT}'), ('u', 't2', '', 0, 1, 0, '{_AT}')"
    ),
    "UPDATE pr_review_threads SET line = 8",
    "UPDATE pr_review_threads SET resolved = 1",
)


def _log(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    """Returns the change log, with "now" for the times that SQLite's own clock gave."""
    rows = _rows(
        connection, "SELECT seq, project_id, session_id, event_type, payload, created_at FROM change_log"
    )
    own = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
    return [(*row[:5], "now" if own.fullmatch(row[5]) else row[5]) for row in rows]


def test_each_trigger_writes_what_upstream_writes(pair: tuple[sqlite3.Connection, ...]) -> None:
    for statement in _CHANGES:
        for connection in pair:
            connection.execute(statement)
        ours, golden = map(_log, pair)
        assert ours == golden, statement
    events = {event for (event,) in _rows(pair[0], "SELECT event_type FROM change_log")}
    assert len(events) == 8
    assert [row[5] for row in _log(pair[0])].count("now") == 1


def test_deleting_cascades_as_upstream(pair: tuple[sqlite3.Connection, ...]) -> None:
    left = []
    for connection in pair:
        for statement in _CHANGES:
            connection.execute(statement)
        for table, row in _REQUIRED.items():
            if table not in {"projects", "sessions", "review", "change_log"}:
                marks = ", ".join("?" * len(row))
                connection.execute(
                    f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values())
                )
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            connection.execute("DELETE FROM sessions WHERE id = 's'")
        connection.execute("DELETE FROM change_log")
        connection.execute("DELETE FROM sessions WHERE id = 's'")
        left.append(
            {table: _rows(connection, f"SELECT count(*) FROM {table}") for table in _tables(connection)}
        )
    assert left[0] == left[1]
    assert left[0]["pr_checks"] == [(0,)]


@pytest.mark.parametrize(("journal", "mark"), [("wal", 2), ("delete", 1)])
def test_the_header_names_the_journal(tmp_path: Path, journal: Any, mark: int) -> None:
    image = target.empty_database(journal=journal)
    assert image[18:20] == bytes([mark, mark])
    (tmp_path / "ao.db").write_bytes(image)
    with closing(sqlite3.connect(tmp_path / "ao.db")) as connection:
        assert _rows(connection, "PRAGMA journal_mode") == [(journal,)]
        assert _rows(connection, "PRAGMA integrity_check") == [("ok",)]


def test_version_tables_come_in_the_forms_seen_in_the_field() -> None:
    def versions(**asked: Any) -> list[int]:
        with closing(_opened(target.empty_database(journal="delete", **asked))) as connection:
            return [
                row[0] for row in _rows(connection, "SELECT version_id FROM goose_db_version ORDER BY id")
            ]

    assert versions() == list(range(13))
    assert versions(goose="no-zero") == list(range(1, 13))
    assert versions(version=19) == list(range(20))
    assert versions(version=11) == list(range(12))
    assert versions(gap=7) == [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12]


_SOUND: tuple[TargetKind, ...] = ("ready", "used", "shared", "newer", "older", "gap")
_FIRST = Project("known_0123456789", "code/known", (Session("known-1", branch="session/known-1"),))


@pytest.mark.parametrize("journal", ["wal", "delete", "wal-pending"])
@pytest.mark.parametrize("kind", _SOUND)
def test_every_target_that_is_a_database_is_sound(tmp_path: Path, kind: TargetKind, journal: Any) -> None:
    files = target.database_files(TargetState(kind, journal), "/home/u", _FIRST)
    assert files == target.database_files(TargetState(kind, journal), "/home/u", _FIRST)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with closing(sqlite3.connect(tmp_path / "ao.db")) as connection:
        assert _rows(connection, "PRAGMA integrity_check") == [("ok",)]
        assert _rows(connection, "PRAGMA foreign_key_check") == []
        assert _rows(connection, "SELECT max(version_id) FROM goose_db_version") == [
            ({"newer": 19, "older": 11}.get(kind, 12),)
        ]
        sessions = {row[0] for row in _rows(connection, "SELECT id FROM sessions")}
        logged = {row[0] for row in _rows(connection, "SELECT session_id FROM change_log")}
    used = {"storefront-0", "storefront-1", "storefront-7"}
    assert sessions == {"used": used, "shared": {*used, "known-1"}}.get(kind, set())
    assert logged == sessions


@pytest.mark.parametrize("kind", ["ready", "used"])
def test_pending_rows_are_in_the_log_alone(tmp_path: Path, kind: TargetKind) -> None:
    files = target.database_files(TargetState(kind, "wal-pending"), "/home/u", None)
    assert sorted(files) == ["ao.db", "ao.db-wal"]
    (tmp_path / "ao.db").write_bytes(files["ao.db"])
    with closing(sqlite3.connect(tmp_path / "ao.db")) as connection:
        tables = _tables(connection)
        if kind == "ready":
            assert tables == []
        else:
            assert _rows(connection, "SELECT count(*) FROM sessions") == [(0,)]


@pytest.mark.parametrize(
    ("kind", "names"), [("missing", []), ("empty", ["ao.db"]), ("not-a-database", ["ao.db"])]
)
def test_targets_that_are_no_database(kind: TargetKind, names: list[str]) -> None:
    files = target.database_files(TargetState(kind), "/home/u", None)
    assert sorted(files) == names
    assert not any(content.startswith(b"SQLite format 3") for content in files.values())
