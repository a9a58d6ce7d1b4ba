"""The way back when others have worked in the database: into the JSON files first, and exported as well."""

import json
import os
from pathlib import Path

import pytest
from editor import EditorHome, hashed, instance, message, session
from test_crash import points

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


WORKED_ON = """
INSERT INTO sessions (id, workspace_path, type, task, status, created_at, updated_at, runtime_mix)
    VALUES ('new', '/work/two', 'debate', 'new one', 'running', 'a', 'b', '["codex"]'),
           ('alone', '/work/none', 'debate', 'no file yet', 'running', 'a', 'b', NULL);
INSERT INTO instances (session_id, instance_id, worktree_path, branch, agent_name, status, tmux_session_id)
    VALUES ('s3', 5, 'w', 'b', 'a', 'idle', 't');
INSERT INTO chat_messages SELECT 'mine', 's3', max(id), 'user', 'text', 'now' FROM instances;
UPDATE sessions SET task = 'done', completed_at = 'now' WHERE id = 's2';
UPDATE instances SET status = 'archived' WHERE session_id = 's1';
"""


def test_work_done_since_is_written_back_to_the_files(used: EditorHome) -> None:
    two = used.file("/work/two", [session("s3", instances=[instance(0)]) | {"kept": [1.5]}])
    two.chmod(0o640)
    one = used.sessions / f"{hashed(WORK)}.json"
    before = json.loads(one.read_text())
    used.run("migrate")
    used.execute(WORKED_ON)
    answer = used.run("rollback")
    assert answer.status == 0
    assert not used.db.exists()
    assert {note["reason"] for note in answer.report["notes"]} == {"written-back"}
    now = json.loads(one.read_text())
    before[0]["instances"][0]["status"] = "archived"
    before[1] |= {"task": "done", "completedAt": "now"}
    assert now == before[:2]  # a status that the database could not hold is still there; twins are one
    s3, new = json.loads(two.read_text())
    assert s3 == session("s3", instances=[instance(0), instance(5, worktreePath="w", branch="b", agentName="a", status="idle", tmuxSessionId="t", output=None, startTime=None, filesChanged=None, linesAdded=None, linesDeleted=None, runtime=None, model=None)],
        chatHistory=[message("mine", content="text", timestamp="now", instanceId=5)]) | {"kept": [1.5]}  # fmt: skip
    assert (new["id"], new["runtimeMix"], new["preserveWorktrees"], new["instances"]) == (
        "new",
        ["codex"],
        False,
        [],
    )
    assert two.stat().st_mode & 0o777 == 0o640
    assert [
        one["id"] for one in json.loads((used.sessions / f"{hashed('/work/none')}.json").read_text())
    ] == ["alone"]
    assert used.run("migrate").status == 4
    assert used.exported().keys() == {"s1", "s2", "s3", "new", "alone"}


def test_a_session_that_was_changed_in_its_file_too_is_left_as_it_is_there(used: EditorHome) -> None:
    used.run("migrate")
    used.execute(WORKED_ON)
    path = used.file("/work/two", [session("s3", task="theirs")])
    answer = used.run("rollback")
    told = {(note["source"], note["id"], note["reason"]) for note in answer.report["notes"]}
    assert {(str(path), "s3", "not-written-back"), (str(path), "", "written-back")} <= told
    theirs, new = json.loads(path.read_text())
    assert (theirs, new["id"]) == (session("s3", task="theirs"), "new")
    assert '"s3"' in (Path(answer.report["export"]) / "chat_messages.jsonl").read_text()


def test_what_nobody_worked_on_keeps_its_bytes(used: EditorHome) -> None:
    odd = json.dumps(session("odd")).replace(
        '"id"', '"x": [1e400, -0, 9999999999999999999999, "\\ud800"], "id"'
    )
    path = used.file("/work/two", f"[ {odd}, {json.dumps(session('s3'))}]\r\n".encode())
    untouched = used.sessions / f"{hashed(WORK)}.json"
    before, stamp = untouched.read_bytes(), untouched.stat()
    used.run("migrate")
    used.execute("UPDATE sessions SET task = 'worked on' WHERE id = 's3'")
    assert used.run("rollback").status == 0
    assert odd in path.read_text()
    assert '"task": "worked on"' in path.read_text()
    assert (untouched.read_bytes(), untouched.stat().st_mtime_ns) == (before, stamp.st_mtime_ns)


def test_a_file_is_never_made_unreadable_for_the_editor(used: EditorHome) -> None:
    odd = json.dumps(session("s3")).replace('"id"', '"x": 1e400, "id"')
    path = used.file("/work/two", f"[{odd}]".encode())
    before = used.picture(state=False)
    used.run("migrate")
    used.execute(
        """UPDATE sessions SET task = 'worked on', runtime_mix = 'no list' WHERE id IN ('s1', 's3')"""
    )
    answer = used.run("rollback")
    told = {note["id"] for note in answer.report["notes"] if note["reason"] == "not-written-back"}
    assert told == {"s1", "s3"}
    assert used.picture(state=False) == before
    assert "worked on" in (Path(answer.report["export"]) / "sessions.jsonl").read_text()
    assert b"1e400" in path.read_bytes()


def test_what_was_deleted_in_the_database_goes_from_the_files(used: EditorHome) -> None:
    used.file("/work/three", [session("s3", updatedAt="2025-01-01T00:00:00Z")])
    used.run("migrate")
    used.execute(
        "DELETE FROM sessions WHERE id IN ('s2', 's3'); DELETE FROM chat_messages WHERE session_id = 's1'"
    )
    answer = used.run("rollback")
    assert answer.report["export"] is None or "sessions.jsonl" in os.listdir(answer.report["export"])
    (s1,) = json.loads((used.sessions / f"{hashed(WORK)}.json").read_text())
    assert (s1["id"], s1["chatHistory"]) == ("s1", [])
    for path in ("/work/two", "/work/three"):
        assert (used.sessions / f"{hashed(path)}.json").read_text() == "[]"
    aside = Path(answer.report["backup"]).parent / "aside"
    assert json.loads((aside / f"{hashed('/work/two')}.json").read_text()) == [
        session("s3", instances=[instance(0)])
    ]


def test_a_message_that_has_another_id_in_the_database_is_found_in_its_file(used: EditorHome) -> None:
    used.run("migrate")
    used.execute("UPDATE chat_messages SET content = 'edited' WHERE id = 's2:m1'")
    used.run("rollback")
    s1, s2 = json.loads((used.sessions / f"{hashed(WORK)}.json").read_text())
    assert s1["chatHistory"] == [message("m1", instanceId=1)]
    assert s2["chatHistory"] == [message("m1", content="edited")]


def talked_on(used: EditorHome) -> Path:
    """A second run has updated the first session, and then others worked on."""
    used.run("migrate")
    path = used.sessions / f"{hashed(WORK)}.json"
    rows = json.loads(path.read_text())
    rows[0]["chatHistory"].append(message("later"))
    path.write_text(json.dumps(rows, indent=2, ensure_ascii=False))
    assert used.run("migrate").notes("s1") == {"updated"}
    used.execute(
        "UPDATE sessions SET task = 'worked on' WHERE id = 's1'; DELETE FROM chat_messages WHERE id = 'm1'"
    )
    return path


def test_work_after_a_second_run_that_updated_rows_is_written_back_too(used: EditorHome) -> None:
    path = talked_on(used)
    answer = used.run("rollback")
    assert answer.status == 0, answer.report
    assert not used.db.exists()
    s1 = json.loads(path.read_text())[0]
    assert (s1["task"], s1["chatHistory"]) == ("worked on", [message("later")])
    assert used.run("rollback").report["changed"] is False
    assert used.run("status").report["message"].endswith("is rolled-back.")
    assert used.run("migrate").report["counts"]["written"] == 3


def test_a_killed_rollback_writes_back_once(used: EditorHome) -> None:
    files = {path: path.read_bytes() for path in used.sessions.iterdir()}

    def prepared() -> None:
        for path in used.sessions.iterdir():
            path.unlink()
        for path, data in files.items():
            path.write_bytes(data)
        talked_on(used)
        used.execute(WORKED_ON)

    prepared()
    used.run("rollback")
    clean = {path: path.read_bytes() for path in used.sessions.iterdir()}
    prepared()
    count = 0
    for count in points(used, "rollback", every=4):  # type: ignore[arg-type]
        assert used.run("rollback").status == 0, count
        assert {path: path.read_bytes() for path in used.sessions.iterdir()} == clean, count
        assert not used.db.exists(), count
        prepared()
    assert count > 20


def test_a_rollback_that_is_told_so_leaves_the_files_alone(used: EditorHome) -> None:
    before = used.picture(state=False)
    used.run("migrate")
    used.execute(WORKED_ON)
    assert used.run("rollback", "--no-write-back").status == 0
    assert used.picture(state=False) == before


def test_what_is_written_back_has_the_bytes_that_the_editor_would_write(used: EditorHome) -> None:
    path = used.file(
        "/work/two", [session("s3", task='日本語 "q" / \\ \x1b[1m\n\x7f', instances=[], runtimeMix=[])]
    )
    before = path.read_text()
    used.run("migrate")
    used.execute("UPDATE sessions SET model = 'opus' WHERE id = 's3'")
    used.run("rollback")
    assert path.read_text() == before.replace('"model": null', '"model": "opus"')
