"""A sound database is found sound, and each thing that can be wrong with one is told."""

from __future__ import annotations

import pytest
from ait42_homes import home, session, with_database

from harness.home import Home
from harness.systems.ait42 import schema
from harness.systems.ait42.model import TargetState
from harness.systems.ait42.oracle import read_stored, read_target, target_damage, target_problems
from harness.systems.ait42.target import database_files

ROW = (
    "INSERT INTO sessions (id, workspace_path, type, task, status, created_at, updated_at, runtime_mix) "
    "VALUES ('{}', '/w', 'debate', 'fix login 直す', 'running', 'a', 'b', '[\"claude\"]')"
)


def database(kind: str = "used", journal: str = "wal") -> Home:
    made = home(session())
    for suffix, content in database_files(TargetState(kind, journal), ()).items():  # type: ignore[arg-type]
        made = made.with_file(f".ait42/sessions.db{suffix}", content)
    return made


def test_a_right_database_has_no_problems_and_neither_has_none() -> None:
    assert target_problems(home(session())) == []
    for kind in ("ready", "used"):
        for journal in ("wal", "wal-pending"):
            assert target_problems(database(kind, journal)) == []


def test_rows_that_are_only_in_the_log_count() -> None:
    pending, plain = database("used", "wal-pending"), database()
    assert read_target(pending) == read_target(plain)
    assert read_target(pending.without(".ait42/sessions.db-wal"))["sessions"] == {}


def test_rows_are_read_by_what_they_mean() -> None:
    tables = read_target(database())
    (message,) = tables["chat_messages"].values()
    (instance,) = tables["instances"].values()
    assert message["instance_id_ref"] == [instance["session_id"], 1]
    assert "id" not in instance
    assert tables["sessions"][str(instance["session_id"])]["runtime_mix"] == ["claude"]
    assert tables["schema_version"]["3"] == {"version": 3, "name": "search"}
    assert not any("fts" in name or "sqlite" in name for name in tables)


def test_stored_rows_are_value_for_value() -> None:
    stored = read_stored(database())
    (row,) = stored.tables["sessions"].values()
    assert row["runtime_mix"] == '["claude"]'
    assert {(r.table, r.column, r.parent) for r in stored.references} == {
        ("instances", "session_id", "sessions"),
        ("chat_messages", "session_id", "sessions"),
        ("chat_messages", "instance_id_ref", "instances"),
    }
    assert stored.shape == read_stored(database("ready")).shape != read_stored(database("no-search")).shape


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("PRAGMA journal_mode = delete", "journal mode is delete"),
        ("UPDATE sessions SET instance_count = 7", "instance_count is 7, and there are 1"),
        ("UPDATE sessions SET message_count = NULL", "message_count is None, and there are 1"),
        ("UPDATE instances SET session_id = 'nobody'", "refers to a row of sessions that does not exist"),
        ("UPDATE chat_messages SET instance_id_ref = 99", "refers to a row of instances that does not exist"),
        ("DROP INDEX idx_sessions_created", "no index on (('created_at', True),)"),
        ("DROP TRIGGER sessions_fts_delete", "the trigger sessions_fts_delete is missing"),
        ("DROP TRIGGER update_message_count_insert", "the trigger update_message_count_insert is missing"),
        ("DROP TABLE sessions_fts", "sessions_fts: the table is missing"),
        ("DROP TABLE migration_issues", "migration_issues: the table is missing"),
        ("DELETE FROM schema_version WHERE version = 3", "schema_version: says"),
        ("ALTER TABLE instances DROP COLUMN runtime_label", "the column runtime_label is missing"),
        ("INSERT INTO sessions_fts (sessions_fts) VALUES ('delete-all')", "does not find session 5e55"),
        ("INSERT INTO sessions_fts (rowid, task) VALUES (77, 'ghost')", "finds row 77"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(statement: str, told: str) -> None:
    problems = "\n".join(target_problems(with_database(database(), statement)))
    assert told in problems


def test_damage_is_what_sqlite_finds_and_not_what_a_program_wrote() -> None:
    renamed = "UPDATE sqlite_master SET sql = replace(sql, 'created_at', 'task') WHERE name = 'idx_sessions_created'"
    damaged = with_database(database(), "PRAGMA writable_schema = ON", renamed)
    damage = target_damage(damaged)
    assert damage
    assert set(damage) <= set(target_problems(damaged))
    assert target_damage(with_database(database(), "UPDATE instances SET session_id = 'nobody'")) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("'integration'", "'other'", "type does not accept 'integration'"),
        ("'archived', ", "", "status does not accept 'archived'"),
        ("CHECK (role IN ('user', 'assistant', 'system'))", "", "role accepts any text"),
        (
            "content TEXT NOT NULL",
            "content TEXT NOT NULL CHECK (length(content) <= 10000)",
            "10001 characters",
        ),
        ("timeout_seconds > 0", "timeout_seconds >= 0", "timeout_seconds accepts 0"),
        ("ON DELETE SET NULL", "", "instance_id_ref refers to"),
        (", UNIQUE (session_id, instance_id)", "", "is not unique"),
        ("instance_count = instance_count + 1", "instance_count = instance_count + 0", "is not counted"),
        ("message_count = message_count - 1", "message_count = message_count - 0", "still counted"),
        ("VALUES (NEW.rowid, NEW.task)", "VALUES (NEW.rowid + 1, NEW.task)", "inserted session is not found"),
        ("'delete', OLD.rowid, OLD.task", "'delete', OLD.rowid, NULL", "sessions_fts"),
        ("content = 'sessions', ", "", "without 'content=sessions'"),
        ("winner_id INTEGER", "winner_id TEXT", "the column winner_id is"),
    ],
)
def test_a_schema_that_is_otherwise_is_told(old: str, new: str, told: str) -> None:
    text = "".join(schema.STEPS.values()).replace(",\n  UNIQUE (session_id", ", UNIQUE (session_id")
    assert old in text
    script = text.replace(old, new) + "PRAGMA journal_mode = wal; " + "".join(
        f"INSERT INTO schema_version VALUES ({number}, '{name}', '');" for number, name in enumerate(schema.STEPS, 1)
    )  # fmt: skip
    problems = "\n".join(target_problems(with_database(home(session()), ROW.format("s"), script=script)))
    assert told in problems, problems


def test_a_replaced_parent_is_noticed() -> None:
    """INSERT OR REPLACE deletes the children and leaves the search behind, as delete triggers do not fire for it."""
    name = next(iter(read_target(database())["sessions"]))
    replaced = with_database(database(), ROW.format(name).replace("INSERT", "INSERT OR REPLACE"))
    assert any("sessions_fts" in problem for problem in target_problems(replaced))
