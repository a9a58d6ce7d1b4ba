"""Migrate, repeat, roll back: what is on disk before and after."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import UUID, LegacyHome

from migrator import backup, cli, files, undo, verification
from migrator.database import Database
from migrator.journal import Run


def test_migrating_writes_projects_sessions_and_one_change_for_each_session(filled: LegacyHome) -> None:
    answer = filled.run("migrate")
    assert (answer.status, answer.report["outcome"], answer.report["changed"]) == (4, "partial", True)
    assert filled.rows("SELECT id, kind FROM projects ORDER BY id") == [
        ("alpha", "single_repo"),
        ("beta", "single_repo"),
    ]
    assert filled.rows("SELECT id, num, kind, activity_state FROM sessions ORDER BY id") == [
        ("al-1", 1, "worker", "active"),
        ("al-orchestrator", 0, "orchestrator", "idle"),
        ("be-3", 3, "worker", "active"),
    ]
    assert filled.rows("SELECT session_id FROM change_log ORDER BY 1") == [
        ("al-1",),
        ("al-orchestrator",),
        ("be-3",),
    ]


def test_the_report_accounts_for_every_record_once(filled: LegacyHome) -> None:
    report = filled.run("migrate").report
    counts = report["counts"]
    assert counts == {"read": 8, "written": 6, "present": 0, "skipped": 1, "set_aside": 1}
    keys = [(record["kind"], record["source"], record["id"]) for record in report["records"]]
    assert len(keys) == len(set(keys)) == counts["read"]
    assert ".agent-orchestrator/config.yaml#projects/alpha" in {key[1] for key in keys}


def test_a_session_row_holds_every_mapped_field(filled: LegacyHome) -> None:
    filled.session(
        "beta", "be-9", issue="I-1", userPrompt="do", displayName="Nine", worktree="/w", branch="b"
    )
    filled.run("migrate")
    columns = "project_id, num, issue_id, harness, activity_last_at, is_terminated, branch, workspace_path"
    rest = (
        "runtime_handle_id, agent_session_id, prompt, created_at, updated_at, display_name, first_signal_at"
    )
    moved = "2026-05-01T10:00:05.123Z"
    assert filled.rows(f"SELECT {columns}, {rest} FROM sessions WHERE id='be-9'") == [
        (
            "beta",
            9,
            "I-1",
            "codex",
            moved,
            0,
            "b",
            "/w",
            "",
            "thread-1",
            "do",
            "2026-05-01T10:00:00.000Z",
            moved,
            "Nine",
            moved,
        )
    ]


def test_a_dry_run_changes_nothing_and_foretells_the_real_run(filled: LegacyHome) -> None:
    before = filled.picture()
    dry = filled.run("migrate", "--dry-run")
    assert filled.picture() == before
    real = filled.run("migrate")
    assert (dry.status, dry.report["counts"], dry.fates()) == (
        real.status,
        real.report["counts"],
        real.fates(),
    )
    assert dry.report["dry_run"]
    assert not dry.report["changed"]


@pytest.mark.parametrize("verb", ["inspect", "plan", "status", "verify", "rollback"])
def test_looking_changes_nothing(filled: LegacyHome, verb: str) -> None:
    before = filled.picture()
    assert filled.run(verb).status in {0, 4}
    assert filled.picture() == before


def test_a_second_run_changes_nothing(filled: LegacyHome) -> None:
    filled.run("migrate")
    before = filled.picture()
    again = filled.run("migrate")
    assert filled.picture() == before
    assert (again.report["counts"]["written"], again.report["counts"]["present"]) == (0, 6)
    assert not again.report["changed"]
    assert filled.run("verify").status == 0
    assert filled.picture() == before


def pending_wal(home: LegacyHome) -> None:
    """Rows that are only in the write-ahead log, as a killed daemon leaves them."""
    code = (
        "import os, sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('PRAGMA wal_autocheckpoint=0');"
        "db.execute(\"INSERT INTO projects (id, path, registered_at) VALUES ('kept', '/kept', '2026-01-01')\");"
        "db.commit(); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(home.db)], check=True)
    assert Path(f"{home.db}-wal").stat().st_size > 0


def hot_journal(home: LegacyHome) -> None:
    """A transaction cut off half way, as a killed writer leaves it."""
    code = (
        "import os, sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "db.execute('PRAGMA cache_size=1'); db.execute('BEGIN');"
        "[db.execute('INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)') for _ in range(9999)];"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(home.db)], check=True)
    assert Path(f"{home.db}-journal").stat().st_size > 0


@pytest.mark.parametrize("kind", ["wal", "delete", "pending-wal", "hot-journal"])
def test_rollback_restores_every_byte_mode_and_time(filled: LegacyHome, kind: str) -> None:
    filled.db.unlink()
    filled.database("delete" if kind in {"delete", "hot-journal"} else "wal")
    if kind == "pending-wal":
        pending_wal(filled)
    if kind == "hot-journal":
        hot_journal(filled)
    before = filled.picture(state=False)
    assert filled.run("migrate").status == 4
    assert filled.picture(state=False) != before
    assert filled.run("rollback").status == 0
    assert filled.picture(state=False) == before
    whole = filled.picture()
    again = filled.run("rollback")
    assert (again.status, again.report["changed"]) == (0, False)
    assert filled.picture() == whole


def test_what_was_only_in_the_write_ahead_log_survives_the_migration(filled: LegacyHome) -> None:
    pending_wal(filled)
    filled.run("migrate")
    assert ("kept",) in filled.rows("SELECT id FROM projects")


def test_migrating_after_a_rollback_works_and_can_be_rolled_back(filled: LegacyHome) -> None:
    before = filled.picture(state=False)
    first = filled.run("migrate").report["counts"]
    filled.run("rollback")
    assert filled.run("migrate").report["counts"] == first
    filled.run("rollback")
    assert filled.picture(state=False) == before


def test_rollback_still_works_after_the_database_was_only_rewritten(filled: LegacyHome) -> None:
    before = filled.picture(state=False)
    filled.run("migrate")
    filled.execute("PRAGMA journal_mode=DELETE; VACUUM;")
    assert filled.run("rollback").status == 0
    assert filled.picture(state=False) == before


def test_two_runs_are_taken_back_together(filled: LegacyHome) -> None:
    before = filled.picture(state=False)
    filled.run("migrate")
    late = filled.session("beta", "be-8")
    assert filled.run("migrate").report["counts"]["written"] == 1
    late.unlink()
    filled.run("rollback")
    os.utime(late.parent, ns=(before[os.path.relpath(late.parent, filled.root)][1],) * 2)
    assert filled.picture(state=False) == before


def test_rollback_refuses_when_the_backup_is_damaged(filled: LegacyHome) -> None:
    kept = filled.run("migrate").report["backup"]
    (Path(kept) / "ao.db").write_bytes(b"broken")
    before = filled.picture()
    answer = filled.run("rollback")
    assert (answer.status, answer.code) == (3, "BACKUP_INVALID")
    assert filled.picture() == before


def test_the_backup_is_private_and_its_text_restores_everything_by_hand(filled: LegacyHome) -> None:
    odd = filled.root / "it's a\nmy $(tree) \\"
    odd.mkdir()
    filled.session("beta", "be-9", agent="claude-code", claudeSessionUuid=UUID, worktree=str(odd))
    filled.transcript(odd)
    pending_wal(filled)
    before = filled.picture(state=False)
    kept = Path(filled.run("migrate").report["backup"])
    text = (kept / "RESTORE.txt").read_text()
    assert json.loads((kept / "manifest.json").read_text())["kept_until"][:10] in text
    for path in (kept, *kept.iterdir(), *kept.parent.iterdir()):
        assert path.stat().st_mode & 0o077 == 0
    filled.execute("DELETE FROM sessions")
    assert filled.picture(state=False) != before
    for _ in range(2):
        subprocess.run(["sh", kept / "RESTORE.txt"], check=True)
        assert filled.picture(state=False) == before


def test_a_log_that_a_killed_program_left_is_folded_in_before_files_are_put_back(filled: LegacyHome) -> None:
    pending_wal(filled)
    database = Database(str(filled.db), [])
    holds = database.contents()
    found = undo.Survey(True, [], {}, backup.state(database.files()), holds)
    assert found.files[f"{filled.db}-wal"]
    told = undo._folded(database, found)
    assert told == backup.state(database.files())
    assert (told[f"{filled.db}-wal"], database.contents()) == (None, holds)
    assert undo._folded(database, found._replace(holds={})) == found.files  # of a rollback that goes on


def test_folders_in_folders_are_removed_by_hand_from_the_inside(tmp_path: Path) -> None:
    inner = tmp_path / "new" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "run" / "backup").mkdir(parents=True)
    run = Run(str(tmp_path / "run"))
    about = {
        "copies": [],
        "folders": [str(inner.parent), str(inner)],
        "times": {str(tmp_path): 10**18 + 7, "/": 10**30},
    }
    backup.explain(run, [], about, datetime.now(UTC))
    subprocess.run(["sh", Path(run.backup) / "RESTORE.txt"], check=True)
    assert not inner.parent.exists()
    assert tmp_path.stat().st_mtime_ns == 10**18 + 7


def test_verify_names_what_is_missing_or_different(filled: LegacyHome) -> None:
    filled.run("migrate")
    filled.execute(
        "UPDATE sessions SET branch='other' WHERE id='be-3'; DELETE FROM change_log; DELETE FROM sessions WHERE id='al-1'"
    )
    answer = filled.run("verify")
    assert answer.status == 6
    details = [note["detail"] for note in answer.report["notes"]]
    assert any("be-3" in detail and "branch" in detail for detail in details)
    assert any("al-1" in detail and "missing" in detail for detail in details)


def test_existing_rows_are_never_updated(filled: LegacyHome) -> None:
    filled.run("migrate")
    filled.execute("UPDATE sessions SET activity_state='exited' WHERE id='be-3'")
    filled.session("beta", "be-3", branch="changed")
    filled.run("migrate")
    assert filled.rows("SELECT activity_state, branch FROM sessions WHERE id='be-3'") == [
        ("exited", "session/x")
    ]


def test_a_failing_write_leaves_everything_as_it_was(filled: LegacyHome) -> None:
    filled.execute("CREATE TRIGGER boom BEFORE INSERT ON sessions BEGIN SELECT RAISE(ABORT, 'no'); END")
    before = filled.picture(state=False)
    answer = filled.run("migrate")
    assert (answer.status, answer.report["outcome"]) == (5, "failed")
    assert "back as it was" in answer.report["message"]
    assert filled.picture(state=False) == before


def test_a_failing_verification_takes_everything_back(filled: LegacyHome) -> None:
    change = "UPDATE sessions SET branch='twisted' WHERE id=NEW.id"
    filled.execute(f"CREATE TRIGGER twist AFTER INSERT ON sessions BEGIN {change}; END")
    before = filled.picture(state=False)
    answer = filled.run("migrate")
    assert answer.status == 5
    assert "branch" in answer.report["message"]
    assert filled.picture(state=False) == before


def test_only_what_was_added_is_in_the_database(filled: LegacyHome) -> None:
    schema = filled.rows("SELECT * FROM sqlite_master ORDER BY name")
    filled.run("migrate")
    assert filled.rows("SELECT name, sql FROM sqlite_master ORDER BY name") == [
        (row[1], row[4]) for row in schema
    ]
    with closing(sqlite3.connect(filled.db)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_report_is_also_written_to_a_file(
    filled: LegacyHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATION_REPORT", str(tmp_path / "report.json"))
    answer = filled.run("plan")
    assert json.loads((tmp_path / "report.json").read_text()) == answer.report


def test_events_come_before_the_report(filled: LegacyHome) -> None:
    lines = [json.loads(line) for line in filled.run("migrate").out.splitlines()]
    begun = [line["step"] for line in lines[:-1] if line["phase"] == "begin"]
    assert begun == ["plan", "backup", "apply", "verify"]


def test_files_written_during_the_migration_are_named(
    filled: LegacyHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = verification.prove

    def meanwhile(*arguments: object) -> None:
        real(*arguments)  # type: ignore[arg-type]
        filled.session("beta", "be-7")

    monkeypatch.setattr(verification, "prove", meanwhile)
    notes = filled.run("migrate").report["notes"]
    assert [note["source"][-9:] for note in notes if note["reason"] == "changed-meanwhile"] == ["be-7.json"]


def test_a_run_that_was_overtaken_by_another_one_since_it_planned_refuses(
    filled: LegacyHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = files.make_folders

    def overtaken(path: str, mode: int) -> None:
        monkeypatch.setattr(files, "make_folders", real)
        assert filled.run("migrate").status == 4
        real(path, mode)

    monkeypatch.setattr(files, "make_folders", overtaken)
    answer = filled.run("migrate")
    assert (answer.status, answer.report["code"], answer.report["changed"]) == (3, "DB_LOCKED", False)
    assert len(filled.rows("SELECT id FROM projects")) == 2
    assert [path.name[:4] for path in (filled.root / ".local/state/migrator/ao").iterdir()] == ["0001"]


def test_a_folder_that_another_run_has_just_made_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = tmp_path / "one/two"
    monkeypatch.setattr(files, "missing_folders", lambda _: [str(tmp_path / "one"), str(wanted)])
    wanted.mkdir(parents=True)
    files.make_folders(str(wanted), 0o700)
    wanted.rmdir()
    wanted.write_text("in the way")
    with pytest.raises(FileExistsError):
        files.make_folders(str(wanted), 0o700)


def test_a_person_gets_a_summary_and_the_plain_truth_about_resuming(
    filled: LegacyHome, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["ao", "migrate", "--home", str(filled.root)]) == 4
    text = capsys.readouterr().out
    assert "does not itself resume or kill them" in text
    assert "corrupt-json (1): the file is not readable" in text
    assert "be-5.json" in text


def test_what_is_written_while_a_rollback_looks_around_is_not_lost(
    filled: LegacyHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.run("migrate")
    real = undo.survey

    def meanwhile(*arguments: Any) -> Any:
        found = real(*arguments)
        filled.execute("INSERT INTO projects (id, path, registered_at) VALUES ('new', '/new', '2026-01-01')")
        return found

    monkeypatch.setattr("migrator.way_back.survey", meanwhile)
    answer = filled.run("rollback")
    assert (answer.status, answer.code) == (3, "DB_LOCKED")
    assert ("new",) in filled.rows("SELECT id FROM projects")


def test_a_full_disk_behind_stdout_changes_nothing_about_the_end(filled: LegacyHome) -> None:
    words = [sys.executable, "-m", "migrator", "ao", "plan", "--home", str(filled.root)]
    with open("/dev/full", "w") as full:
        assert subprocess.run(words, stdout=full, check=False).returncode == 4


def test_a_person_sees_the_first_differences_one_to_a_line(
    filled: LegacyHome, capsys: pytest.CaptureFixture[str]
) -> None:
    filled.run("migrate")
    filled.execute("UPDATE sessions SET branch = 'other'")
    assert cli.main(["ao", "verify", "--home", str(filled.root)]) == 6
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("is done; 3 differences.")
    assert sum("branch is 'other'" in line for line in lines) == 2
    assert any("... and 1 more" in line for line in lines)
