"""Dry runs, repeated runs, databases in use, refusals, verification and the way back."""

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from editor import T0, EditorHome, hashed, instance, message, session
from test_crash import points
from test_startup import HEAVY

from migrator import built
from migrator.ait42 import rows
from migrator.database import Database

LATER, EARLIER = "2025-11-10T11:00:00+00:00", "2025-11-10T09:00:00.000Z"
WORK = "/work/one"


@pytest.fixture
def used(editor: EditorHome) -> EditorHome:
    """Two workspaces, a broken file, twins, and a message id that is taken."""
    one = session("s1", instances=[instance(1)], chatHistory=[message("m1", instanceId=1)])
    editor.file(WORK, [one, session("s2", status="round_2", chatHistory=[message("m1")]), session("s2")])
    editor.file("/work/two", [session("s3", instances=[instance(0)])])
    editor.file("0123456789abcdef", b"{")
    for number, path in enumerate(sorted(editor.folder.rglob("*"))):
        os.utime(path, ns=(10**18, 10**18 + number))
    os.utime(editor.folder, ns=(10**18, 10**18 + 77))
    return editor


def logical(editor: EditorHome) -> Any:
    tables = ("sessions", "instances", "chat_messages", "migration_issues")
    return [editor.rows(f"SELECT rowid, * FROM {table} ORDER BY 1") for table in tables]


def test_a_dry_run_says_the_same_and_changes_nothing(used: EditorHome) -> None:
    before = used.picture()
    dry = used.run("migrate", "--dry-run")
    assert used.picture() == before
    real = used.run("migrate")
    assert (dry.status, dry.report["records"], dry.report["notes"]) == (
        real.status, real.report["records"], real.report["notes"])  # fmt: skip
    assert dry.report["counts"] == real.report["counts"]


def test_a_second_run_changes_nothing(used: EditorHome) -> None:
    used.run("migrate")
    rows, before = logical(used), used.picture()
    answer = used.run("migrate")
    assert (answer.status, answer.report["changed"], answer.report["counts"]["present"]) == (4, False, 3)
    assert used.picture() == before
    assert logical(used) == rows


def test_no_other_file_is_changed_and_a_rollback_is_exact(used: EditorHome) -> None:
    before = used.picture(state=False)
    used.run("migrate")
    after = used.picture(state=False)
    assert {name for name in after if before.get(name) != after[name]} == {".ait42", ".ait42/sessions.db"}
    database = used.db.read_bytes()
    answer = used.run("rollback")
    assert answer.status == 0
    assert used.picture(state=False) == before
    aside = Path(answer.report["backup"]).parent / "aside" / "sessions.db"
    assert aside.read_bytes() == database
    assert used.run("rollback").report["changed"] is False
    assert used.run("migrate").report["counts"]["written"] == 3


def test_a_newer_or_equal_source_updates_all_but_id_and_creation(editor: EditorHome) -> None:
    editor.file(WORK, [session(instances=[instance(1)], chatHistory=[message("m1"), message("m2")])])
    editor.run("migrate")
    surrogate = editor.rows("SELECT id FROM instances")
    editor.execute("INSERT INTO instances (session_id, instance_id, worktree_path, branch, agent_name, status, "
                   "tmux_session_id) VALUES ('s1', 8, '', '', '', 'idle', '')")  # fmt: skip
    changed = session(
        task="new", createdAt=LATER, winnerId=1, instances=[instance(1, status="archived"), instance(2)],
        chatHistory=[message("m1"), message("m2", content="other"), message("m3", instanceId=2)],
    )  # fmt: skip
    editor.file(WORK, [changed])
    answer = editor.run("migrate")
    assert (answer.fates()[f".ait42/sessions/{hashed(WORK)}.json#0"], answer.notes("s1")) == (
        ("present", None), {"updated", "message-id-collision"})  # fmt: skip
    found = editor.exported()["s1"]
    assert (found["task"], found["createdAt"], found["winnerId"]) == ("new", T0, 1)
    assert [(one["instanceId"], one["status"]) for one in found["instances"]] == [
        (1, "archived"), (8, "idle"), (2, "completed")]  # fmt: skip
    assert [(m["id"], m["content"]) for m in found["chatHistory"]] == [
        ("m1", "hello"), ("m2", "hello"), ("s1:m2", "other"), ("m3", "hello")]  # fmt: skip
    assert editor.rows("SELECT id FROM instances WHERE instance_id = 1") == surrogate
    assert editor.run("migrate").report["changed"] is False
    assert editor.run("verify").status == 0


def test_an_older_source_leaves_the_row_as_it_is(editor: EditorHome) -> None:
    editor.file(WORK, [session(updatedAt=LATER)])
    editor.run("migrate")
    editor.file(WORK, [session(updatedAt=T0, task="stale")])
    answer = editor.run("migrate")
    assert (answer.notes("s1"), answer.report["changed"]) == ({"kept-newer"}, False)
    assert editor.rows("SELECT task FROM sessions") == [(session()["task"],)]


def test_new_files_are_added_to_a_database_in_use_and_taken_out_again(used: EditorHome) -> None:
    used.run("migrate")
    used.file(
        "/work/three",
        [session("s4", chatHistory=[message("m9")]), session("s3", task="new", updatedAt=LATER)],
    )
    middle = used.picture(state=False)
    answer = used.run("migrate")
    assert answer.report["counts"]["written"] == 1
    assert used.run("verify").status == 0
    assert len(used.exported()) == 4
    for word, count in (("task", 3), ("new", 1)):
        assert used.rows(f"SELECT count(*) FROM sessions_fts WHERE sessions_fts MATCH '{word}'") == [(count,)]
    assert used.run("rollback").status == 0
    assert not used.db.exists()
    assert used.picture(state=False) == {k: v for k, v in middle.items() if k != ".ait42/sessions.db"} | {
        ".ait42": used.picture(state=False)[".ait42"]}  # fmt: skip


def test_a_rollback_exports_what_others_added_and_moves_the_whole_database(used: EditorHome) -> None:
    before = used.picture(state=False)
    used.run("migrate")
    with contextlib.closing(sqlite3.connect(used.db)) as db:
        db.execute("INSERT INTO sessions (id, workspace_path, type, task, status, created_at, updated_at) "
                   "VALUES ('new', '/w', 'debate', 't', 'running', 'a', 'b')")  # fmt: skip
        db.execute("INSERT INTO chat_messages VALUES ('mine', 's1', NULL, 'user', 'text', 'now')")
        db.execute("UPDATE sessions SET status = 'failed' WHERE id = 's3'")
        db.execute("CREATE TABLE notes (text)")
        db.execute("INSERT INTO notes VALUES (x'ff')")
        db.commit()
    answer = used.run("rollback", "--no-write-back")
    assert answer.status == 0, answer.report
    assert used.picture(state=False) == before
    export = Path(answer.report["export"])
    kept = {
        path.stem: [json.loads(line) for line in path.read_text().splitlines()]
        for path in export.glob("*.jsonl")
    }
    assert {row["id"] for row in kept["sessions"]} == {"new", "s1", "s3"}  # s1 has one message more
    assert [row["id"] for row in kept["chat_messages"]] == ["mine"]
    assert kept["notes"] == [{"text": {"base64": "/w=="}}]
    assert kept.keys() == {"sessions", "chat_messages", "notes"}
    aside = export.parent / "aside" / "sessions.db"
    with contextlib.closing(sqlite3.connect(aside)) as db:
        assert db.execute("SELECT count(*) FROM sessions").fetchone() == (4,)


@pytest.mark.parametrize("name", ["files.pack", "files.json", "manifest.json", "workspaces.json"])
def test_a_damaged_backup_stops_the_rollback(used: EditorHome, name: str) -> None:
    answer = used.run("migrate")
    path = Path(answer.report["backup"]) / name
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    before = used.picture()
    assert used.run("rollback").code == "BACKUP_INVALID"
    assert used.picture() == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sessions SET task = 'x' WHERE id = 's1'",
        "UPDATE sessions SET created_at = 'x' WHERE id = 's1'",
        "UPDATE sessions SET message_count = 9",
        "UPDATE instances SET output = NULL",
        "UPDATE chat_messages SET instance_id_ref = NULL WHERE id = 'm1'",
        "UPDATE chat_messages SET content = 'x' WHERE id = 's2:m1'",
        "DELETE FROM sessions WHERE id = 's3'",
        "DELETE FROM chat_messages WHERE id = 'm1'",
        "INSERT INTO sessions_fts (sessions_fts) VALUES ('delete-all')",
    ],
)
def test_verify_notices_what_was_altered(used: EditorHome, statement: str) -> None:
    used.run("migrate")
    assert used.run("verify").status == 0
    used.execute(statement)
    before = used.picture()
    answer = used.run("verify")
    assert (answer.status, answer.report["figures"]["is_valid"]) == (6, False)
    assert used.picture() == before


def test_verify_counts_everything(used: EditorHome) -> None:
    used.run("migrate")
    figures = used.run("verify").report["figures"]
    assert figures | {"db_size_bytes": 0} == {
        "files_found": 3, "files_empty": 0, "files_failed": 1, "duplicates": 1, "sessions_compared": 3,
        "differences": 0, "session_count": 3, "instance_count": 2, "message_count": 2, "orphaned_instances": 0,
        "orphaned_messages": 0, "invalid_statuses": 0, "stray_links": 0, "wrong_instance_counts": 0,
        "wrong_message_counts": 0, "search_ok": True, "db_size_bytes": 0, "integrity_ok": True,
        "issues_duplicate_session": 1, "issues_message_id_collision": 1, "issues_status_replaced": 1, "is_valid": True,
    }  # fmt: skip


def refusal(editor: EditorHome) -> str | None:
    before = editor.picture()
    answer = editor.run("migrate")
    assert answer.status == 3, answer.report
    assert editor.picture() == before
    return answer.code


@pytest.mark.parametrize(
    ("statements", "code"),
    [
        ("CREATE TABLE workspaces (hash)", "SCHEMA_MISMATCH"),
        ("CREATE TABLE sessions (id, workspace_hash)", "SCHEMA_MISMATCH"),
        ("CREATE TABLE migration_metadata (x)", "SCHEMA_MISMATCH"),
        ("CREATE TABLE session_runtime_mix (x)", "SCHEMA_MISMATCH"),
        ("CREATE TABLE other (x)", "DB_INVALID"),
        ("CREATE TABLE schema_version (version); INSERT INTO schema_version VALUES (4)", "SCHEMA_MISMATCH"),
        ("CREATE TABLE schema_version (version); INSERT INTO schema_version VALUES (3)", "DB_INVALID"),
        ("CREATE TABLE schema_version (version); INSERT INTO schema_version VALUES (1)", "DB_INVALID"),
        ("CREATE TABLE schema_version (name)", "DB_INVALID"),
    ],
)
def test_a_database_that_is_not_ours_is_refused(used: EditorHome, statements: str, code: str) -> None:
    used.execute(statements)
    assert refusal(used) == code


def test_a_damaged_database_is_refused(used: EditorHome) -> None:
    used.run("migrate")
    used.run("rollback")
    used.db.write_bytes(b"no database" * 999)
    assert refusal(used) == "DB_INVALID"
    used.db.unlink()
    used.db.mkdir()
    assert refusal(used) == "DB_INVALID"


def test_a_log_without_its_database_is_refused(used: EditorHome) -> None:
    used.db.with_name("sessions.db-wal").write_bytes(b"x")
    assert refusal(used) == "DB_INVALID"


@contextlib.contextmanager
def holding(path: Path, statement: str) -> Iterator[None]:
    code = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "db.execute(sys.argv[2]).fetchall(); print(flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", code, str(path), statement]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield
        process.communicate()


def test_a_database_in_use_is_refused(used: EditorHome) -> None:
    used.run("migrate")
    with holding(used.db, "SELECT * FROM sessions"):
        for verb in ("migrate", "rollback", "verify"):
            assert used.run(verb).code == "DB_LOCKED", verb


@pytest.mark.parametrize("version", [0, 1, 2])
def test_missing_steps_of_the_schema_are_applied(used: EditorHome, version: int) -> None:
    used.run("migrate")
    rows = used.exported()
    for kind, name in used.rows(
        "SELECT type, name FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC"
    ):
        if kind == "trigger" or (kind == "index" and version < 2) or name == "sessions_fts":
            used.execute(f"DROP {kind} {name}")
    used.execute(
        f"DELETE FROM schema_version WHERE version > {version}; UPDATE sessions SET message_count = 7"
    )
    if version == 0:
        used.db.write_bytes(b"")
    answer = used.run("migrate")
    assert (answer.status, answer.report["changed"]) == (4, True)
    assert used.exported() == rows
    assert used.rows("PRAGMA journal_mode") == [("wal",)]
    assert used.rows("SELECT version FROM schema_version") == [(1,), (2,), (3,)]
    assert used.run("verify").status == 0


def test_a_killed_migration_is_completed_by_the_next_run_and_can_be_taken_back(used: EditorHome) -> None:
    before = used.picture(state=False)
    used.run("migrate")
    clean = used.exported()
    used.run("rollback")
    count = 0
    for count in points(used, "migrate", every=3):  # type: ignore[arg-type]
        there = used.db.exists()
        used.run("status")
        assert used.run("migrate").report["counts"]["written"] == (0 if there else 3), count
        assert used.exported() == clean, count
        assert {p.name for p in used.folder.iterdir()} == {
            "sessions",
            "sessions.db",
            "workspace_mapping.json",
        }
        assert used.run("rollback").status == 0, count
        assert used.picture(state=False) == before, count
    assert count > 20


def test_a_killed_migration_can_be_rolled_back_at_once(used: EditorHome) -> None:
    before = used.picture(state=False)
    for count in points(used, "migrate", every=3):  # type: ignore[arg-type]
        assert used.run("rollback").status == 0, count
        assert used.picture(state=False) == before, count


def test_a_killed_rollback_is_settled_by_the_next_one(used: EditorHome) -> None:
    before = used.picture(state=False)
    used.run("migrate")
    for count in points(used, "rollback"):  # type: ignore[arg-type]
        assert used.run("rollback").status == 0, count
        assert used.picture(state=False) == before, count
        used.run("migrate")


def test_a_killed_addition_is_completed_by_the_next_run_and_all_can_be_taken_back(used: EditorHome) -> None:
    mtime = os.stat(used.sessions).st_mtime_ns

    def prepared() -> None:
        used.run("migrate")
        path = used.file(
            "/work/three", [session("s4"), session("s3", task="new", updatedAt=LATER)], mapped=False
        )
        for one in (path, used.sessions):
            os.utime(one, ns=(mtime, mtime))

    prepared()
    used.run("migrate")
    clean = used.exported()
    used.run("rollback")
    before = used.picture(state=False)
    (used.sessions / f"{hashed('/work/three')}.json").unlink()
    prepared()
    count = 0
    for count in points(used, "migrate", every=4):  # type: ignore[arg-type]
        used.run("migrate")
        assert used.exported() == clean, count
        assert used.run("verify").status == 0, count
        assert used.run("rollback").status == 0, count
        assert used.picture(state=False) == before, count
        (used.sessions / f"{hashed('/work/three')}.json").unlink()
        prepared()
    assert count > 20


def test_a_migration_loads_no_heavy_library(used: EditorHome) -> None:
    code = (
        "import sys; from migrator.cli import main; status = main(sys.argv[1:]);"
        f"print([name for name in {(*HEAVY, 'yaml')!r} if name in sys.modules]); sys.exit(status)"
    )
    words = [sys.executable, "-c", code, "ait42", "migrate", "--home", str(used.root)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (4, "[]")


def test_a_session_file_that_is_written_meanwhile_is_noted(
    used: EditorHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, path = built.files.move_new, used.file("/work/two", [session("s3")])

    def slow(*words: str) -> None:
        path.write_text("[]")
        real(*words)

    monkeypatch.setattr(built.files, "move_new", slow)
    answer = used.run("migrate")
    assert "changed-meanwhile" in {note["reason"] for note in answer.report["notes"]}


def test_a_database_that_appears_meanwhile_is_never_replaced(
    used: EditorHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = built.files.move_new

    def late(*words: str) -> None:
        used.db.write_text("theirs")
        real(*words)

    monkeypatch.setattr(built.files, "move_new", late)
    assert used.run("migrate").status == 5
    assert used.db.read_text() == "theirs"
    assert used.run("rollback").status == 0
    assert used.db.read_text() == "theirs"


def test_a_wrong_build_is_never_published(used: EditorHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "ADD_MESSAGE", rows.ADD_MESSAGE.replace("role, content", "content, role"))
    before = used.picture()
    assert used.run("migrate").status == 5
    assert used.picture() == before


def test_prune_removes_backup_and_database_that_was_moved_aside(used: EditorHome) -> None:
    used.run("migrate")
    folder = Path(used.run("rollback").report["backup"]).parent
    assert used.run("prune", "--keep-days", "0").status == 0
    assert not (folder / "aside").exists()
    assert not (folder / "backup").exists()
    used.run("migrate")
    used.run("prune", "--keep-days", "0")
    assert used.run("rollback").code == "BACKUP_PRUNED"
    assert used.db.exists()


def test_a_second_run_does_not_look_into_the_database(
    used: EditorHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    used.run("migrate")
    before = used.picture()
    monkeypatch.setattr(Database, "seen", None)
    first, again = used.run("migrate"), used.run("migrate", "--dry-run")
    assert (first.status, first.report["records"]) == (4, again.report["records"])
    assert used.picture() == before


@pytest.mark.parametrize(
    ("what", "written"),
    [("database", 0), ("file", 0), ("new file", 1), ("mapping", 0), ("log", 0), ("fates", 0)],
)
def test_a_second_run_looks_closer_when_anything_has_changed(
    used: EditorHome, what: str, written: int
) -> None:
    fates = Path(used.run("migrate").report["backup"]).parent / "fates.jsonl"
    reference = used.run("migrate").report["records"]
    if what in {"database", "log"}:
        with contextlib.closing(sqlite3.connect(used.db, isolation_level=None)) as db:
            db.execute("UPDATE sessions SET task = 'x', updated_at = '2000-01-01T00:00:00Z' WHERE id = 's3'")
            if what == "log":
                copy = used.db.with_name("sessions.db-wal").read_bytes()
        if what == "log":
            used.db.with_name("sessions.db-wal").write_bytes(copy)
    elif what == "file":
        used.file("/work/two", [session("s3", task="x")])
    elif what == "new file":
        used.file("/work/nine", [session("s9")])
    elif what == "mapping":
        used.mapping({"/work/one": "/else"})
    else:
        fates.unlink()
    answer = used.run("migrate")
    assert answer.report["changed"] is (what in {"database", "log", "file", "new file"})
    noted = "mapping-mismatch" in {note["reason"] for note in answer.report["notes"]}
    assert noted is (what == "mapping")
    assert answer.report["counts"]["written"] == written
    if what == "fates":
        assert answer.report["records"] == reference
    assert used.run("verify").status == 0


def test_an_instance_that_only_the_database_has_can_be_referred_to(editor: EditorHome) -> None:
    editor.file(WORK, [session(instances=[instance(1)])])
    editor.run("migrate")
    editor.execute("INSERT INTO instances (session_id, instance_id, worktree_path, branch, agent_name, status, "
                   "tmux_session_id) VALUES ('s1', 8, '', '', '', 'idle', '')")  # fmt: skip
    editor.file(WORK, [session(instances=[instance(1)], winnerId=8, chatHistory=[message(instanceId=8)])])
    assert editor.run("migrate").notes("s1") == {"updated"}
    assert editor.exported()["s1"]["chatHistory"] == [message(instanceId=8)]
    assert editor.issues() == set()
    assert editor.run("migrate").report["changed"] is False
    assert editor.run("verify").status == 0
