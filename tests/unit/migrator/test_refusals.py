"""Whatever stands in the way is named by a code, and nothing is touched."""

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import LegacyHome

from migrator import backup, cli, files
from migrator.ao import planning

Damage = Callable[[LegacyHome], object]


def run_file(text: str) -> Damage:
    return lambda home: (home.root / ".ao" / "running.json").write_text(text)


def data_in_legacy(home: LegacyHome) -> None:
    os.rename(home.root / ".ao" / "data", home.legacy / "data")
    (home.root / ".ao" / "data").symlink_to(home.legacy / "data")


def no_database(home: LegacyHome) -> None:
    home.db.unlink()


def linked_database(home: LegacyHome) -> None:
    home.db.rename(home.root / "elsewhere.db")
    home.db.symlink_to(home.root / "elsewhere.db")


def file_as_state_folder(home: LegacyHome) -> None:
    (home.root / ".local").write_text("here first\n")
    (home.root / ".local").chmod(0o755)


DAMAGES: dict[str, tuple[str, Damage]] = {
    "no database": ("DB_MISSING", no_database),
    "no data folder": ("DB_MISSING", lambda home: os.rename(home.root / ".ao", home.root / ".ao-gone")),
    "a link as database": ("DB_INVALID", linked_database),
    "text as database": ("DB_INVALID", lambda home: home.db.write_text("hello " * 999)),
    "an empty database": ("SCHEMA_MISMATCH", lambda home: home.db.write_bytes(b"")),
    "version 13": (
        "SCHEMA_MISMATCH",
        lambda home: home.execute("INSERT INTO goose_db_version (version_id, is_applied) VALUES (13, 1)"),
    ),
    "version 11": (
        "SCHEMA_MISMATCH",
        lambda home: home.execute("DELETE FROM goose_db_version WHERE version_id = 12"),
    ),
    "a gap": (
        "SCHEMA_MISMATCH",
        lambda home: home.execute("DELETE FROM goose_db_version WHERE version_id = 7"),
    ),
    "a failed step": (
        "SCHEMA_MISMATCH",
        lambda home: home.execute("UPDATE goose_db_version SET is_applied = 0 WHERE version_id = 5"),
    ),
    "no version table": ("SCHEMA_MISMATCH", lambda home: home.execute("DROP TABLE goose_db_version")),
    "a missing column": (
        "DB_INVALID",
        lambda home: home.execute("ALTER TABLE sessions DROP COLUMN first_signal_at"),
    ),
    "a missing trigger": ("DB_INVALID", lambda home: home.execute("DROP TRIGGER sessions_cdc_insert")),
    "a broken reference": (
        "DB_INVALID",
        lambda home: home.execute(
            "INSERT INTO sessions (id, project_id, num, activity_last_at, created_at, updated_at) VALUES ('x', 'none', 1, '', '', '')"
        ),
    ),
    "a pipe as shared memory": ("DB_INVALID", lambda home: os.mkfifo(f"{home.db}-shm")),
    "a folder as shared memory": ("DB_INVALID", lambda home: os.mkdir(f"{home.db}-shm")),
    "a file as state folder": ("NO_ACCESS", file_as_state_folder),
    "a state folder in the legacy root": (
        "NO_ACCESS",
        lambda home: (home.root / ".local").symlink_to(home.legacy),
    ),
    "a living daemon": ("DAEMON_RUNNING", run_file(json.dumps({"pid": os.getpid(), "port": 1}))),
    "data inside the legacy root": ("DATA_DIR_SUSPECT", data_in_legacy),
    "broken configuration": (
        "CONFIG_INVALID",
        lambda home: (home.legacy / "config.yaml").write_text("projects: ["),
    ),
    "a list as configuration": (
        "CONFIG_INVALID",
        lambda home: (home.legacy / "config.yaml").write_text("- 1\n"),
    ),
    "duplicate keys": (
        "CONFIG_INVALID",
        lambda home: (home.legacy / "config.yaml").write_text("port: 1\nport: 2\n"),
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("verb", ["migrate", "plan"])
def test_a_refusal_has_its_code_and_touches_nothing(filled: LegacyHome, damage: str, verb: str) -> None:
    code, damaged = DAMAGES[damage]
    damaged(filled)
    before = filled.picture()
    answer = filled.run(verb)
    assert (answer.status, answer.report["outcome"], answer.code) == (3, "refused", code)
    assert not answer.report["changed"]
    assert filled.picture() == before


@pytest.mark.parametrize(
    "text", ["", "[]", '{"pid": 0}', '{"pid": -1}', '{"pid": "x"}', '{"pid": 999999999999}', '{"pid": true}']
)
def test_a_stale_run_file_does_not_stop_anything(filled: LegacyHome, text: str) -> None:
    run_file(text)(filled)
    assert filled.run("plan").status == 4


def test_the_run_file_of_a_dead_process_is_stale(filled: LegacyHome) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    run_file(json.dumps({"pid": child.pid}))(filled)
    assert filled.run("plan").status == 4


@pytest.mark.parametrize("mode", ["wal", "delete"])
@pytest.mark.parametrize("held", ["idle", "reading", "writing"])
def test_a_connected_program_is_noticed(filled: LegacyHome, mode: str, held: str) -> None:
    if (mode, held) == ("delete", "idle"):
        pytest.skip("an idle connection in rollback-journal mode holds no lock: nobody can see it")
    filled.db.unlink()
    filled.database(mode)
    with connected(filled.db, held) as pid:
        before = filled.picture()
        for verb in ("plan", "migrate"):
            answer = filled.run(verb)
            assert (answer.status, answer.code) == (3, "DB_LOCKED")
            assert str(pid) in answer.report["message"]
        assert filled.picture() == before
    assert filled.run("plan").status == 4


@contextlib.contextmanager
def connected(database: Path, held: str) -> Iterator[int]:
    """Another process with a connection: locks of this one would fall with every file it closes."""
    extra = {
        "idle": "",
        "reading": "db.execute('BEGIN'); db.execute('SELECT * FROM projects').fetchall();",
        "writing": "db.execute('BEGIN IMMEDIATE'); db.execute('DELETE FROM projects');",
    }
    code = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
        f"db.execute('SELECT * FROM projects').fetchall(); {extra[held]} print('ready', flush=True); sys.stdin.read()"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code, str(database)], stdin=pipe, stdout=pipe) as child:
        assert child.stdout is not None
        child.stdout.readline()
        yield child.pid
        child.communicate()


def test_someone_who_comes_in_before_the_write_is_noticed(
    filled: LegacyHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    others: list[sqlite3.Connection] = []
    real = backup.take

    def and_then(*arguments: object) -> object:
        saved = real(*arguments)  # type: ignore[arg-type]
        others.append(sqlite3.connect(filled.db))
        others[0].execute("SELECT * FROM projects").fetchall()
        return saved

    monkeypatch.setattr(backup, "take", and_then)
    folders = {name for name in filled.picture() if "-" not in name}
    answer = filled.run("migrate")
    others[0].close()
    assert (answer.status, answer.code) == (3, "DB_LOCKED")
    assert {name for name in filled.picture() if "-" not in name} == folders


def test_a_change_between_plan_and_write_is_noticed(
    filled: LegacyHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = backup.take

    def and_then(*arguments: object) -> object:
        saved = real(*arguments)  # type: ignore[arg-type]
        filled.execute(
            "INSERT INTO projects (id, path, registered_at) VALUES ('alpha', '/other', '2026-01-01')"
        )
        return saved

    monkeypatch.setattr(backup, "take", and_then)
    answer = filled.run("migrate")
    assert (answer.status, answer.code) == (3, "DB_LOCKED")
    assert filled.rows("SELECT path FROM projects") == [("/other",)]
    assert not (filled.root / ".local").exists()


def test_a_full_disk_is_foreseen(filled: LegacyHome, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.statvfs

    def full(path: str) -> object:
        found = list(real(path))
        found[3] = found[4] = 1
        return os.statvfs_result(found)

    monkeypatch.setattr(os, "statvfs", full)
    before = filled.picture()
    answer = filled.run("migrate")
    assert (answer.status, answer.code) == (3, "NO_SPACE")
    assert filled.picture() == before


@pytest.mark.parametrize("words", [("migrate",), ("migrate", "--dry-run"), ("plan",)])
def test_a_home_with_no_place_for_the_backup_is_foreseen(
    filled: LegacyHome, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(filled.root) and real(path, mode))
    before = filled.picture()
    answer = filled.run(*words)
    assert (answer.status, answer.code) == (3, "NO_ACCESS")
    assert filled.picture() == before


@pytest.mark.parametrize("missing", [".agent-orchestrator", ".agent-orchestrator/config.yaml"])
def test_without_a_legacy_home_there_is_nothing_to_do(filled: LegacyHome, missing: str) -> None:
    os.rename(filled.root / missing, filled.root / "away")
    before = filled.picture()
    answer = filled.run("migrate")
    assert (answer.status, answer.report["changed"]) == (0, False)
    assert "Nothing to migrate" in answer.report["message"]
    assert filled.picture() == before


def test_rollback_refuses_while_the_daemon_runs(filled: LegacyHome) -> None:
    filled.run("migrate")
    run_file(json.dumps({"pid": os.getpid()}))(filled)
    before = filled.picture()
    assert filled.run("rollback").code == "DAEMON_RUNNING"
    assert filled.picture() == before


def test_another_migrator_at_work_is_noticed(filled: LegacyHome) -> None:
    filled.run("migrate")
    filled.session("beta", "be-7")
    with files.held(str(filled.root / ".local/state/migrator/ao")):
        assert filled.run("migrate").code == "DB_LOCKED"
        assert filled.run("rollback").code == "DB_LOCKED"


@pytest.mark.parametrize(
    "words",
    [
        ["ao"],
        ["ao", "fly"],
        ["mars", "migrate"],
        ["ao", "plan", "--dry-run"],
        ["ao", "plan", "--home", "/none"],
    ],
)
def test_wrong_usage_exits_with_two(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(words)
    assert stop.value.code == 2
    assert capsys.readouterr().err


def test_an_unexpected_problem_is_one_sentence(
    filled: LegacyHome, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("surprise")

    monkeypatch.setattr(planning, "make", broken)
    before = filled.picture()
    answer = filled.run("migrate")
    assert answer.status == 5
    assert "surprise" in answer.report["message"]
    assert filled.picture() == before
    monkeypatch.setenv("MIGRATOR_DEBUG", "1")
    with pytest.raises(RuntimeError):
        filled.run("migrate")


def test_a_rollback_into_a_folder_that_is_closed_by_now_is_refused_before_anything_is_touched(
    filled: LegacyHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.run("migrate")
    filled.execute("UPDATE projects SET display_name = 'late'")
    before, may = filled.picture(), os.access
    closed = {str(filled.root / ".ao/data"), str(filled.root / ".ao/data/ao.db")}
    monkeypatch.setattr(
        os, "access", lambda path, *how, **more: path not in closed and may(path, *how, **more)
    )
    for _ in range(2):
        answer = filled.run("rollback")
        assert (answer.status, answer.code) == (3, "NO_ACCESS")
        assert filled.picture() == before
