"""The store that writes twice: database and files stay in step, whoever writes and whenever it is killed."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from editor import EditorHome, hashed, instance, message, session
from test_crash import points

from migrator import cli, files
from migrator.ait42 import sources
from migrator.ait42.beside import Note
from migrator.ait42.store import Store

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WORK = "/work/one"
Reply = dict[str, Any]


class Served:
    """A store in this process, asked as its clients ask it."""

    def __init__(self, editor: EditorHome, now: datetime = NOW) -> None:
        self.store = Store(sources.places(str(editor.root), {}), lambda: now)

    def ask(self, do: str, **given: Any) -> Reply:
        reply = self.store.answer({"id": 7, "do": do, **given})
        assert reply.pop("id") == 7
        return reply


@pytest.fixture
def used(editor: EditorHome) -> EditorHome:
    editor.file(
        WORK,
        [session("s1", status="round_2", instances=[instance(1)], chatHistory=[message("m")]) | {"x": 1}],
    )
    editor.file("/work/two", [session("s2", chatHistory=[message("m")])])
    assert editor.run("migrate").status == 0
    return editor


@pytest.fixture
def served(used: EditorHome) -> Iterator[Served]:
    served = Served(used, datetime.now(UTC))
    yield served
    served.store.close()


def in_files(editor: EditorHome) -> dict[str, Any]:
    return {
        one["id"]: one for path in sorted(editor.sessions.iterdir()) for one in json.loads(path.read_text())
    }


def in_step(editor: EditorHome) -> None:
    """The files hold what the database holds, by the database's own migration."""
    served = Served(editor)
    found = served.ask("reconcile")
    assert (found["total"], found["json_only"], found["sqlite_only"], found["newer_in_json"], found["newer_in_sqlite"]) == (
        found["consistent"], [], [], [], [])  # fmt: skip
    served.store.close()


def test_a_new_session_is_in_the_database_and_in_a_file(used: EditorHome, served: Served) -> None:
    one = session("n1", instances=[instance(0)], chatHistory=[message("n", instanceId=0)])
    assert served.ask("create_session", workspace=WORK, session=one) == {
        "ok": True,
        "session": "n1",
        "json": "written",
    }
    two = session("n2", status="started")
    served.ask("create_session", workspace="/work/new", session=two)
    assert in_files(used)["n1"] == one
    assert json.loads((used.sessions / f"{hashed('/work/new')}.json").read_text()) == [two]
    assert used.exported()["n1"] == one
    assert served.ask("create_session", workspace=WORK, session=one)["code"] == "EXISTS"
    in_step(used)


def test_changes_reach_both_sides_and_nothing_else_in_the_file(used: EditorHome, served: Served) -> None:
    before = in_files(used)["s1"]
    assert served.ask("update_session", session="s1", fields={"task": "new", "instances": [
        {"instanceId": 1, "status": "archived"}, instance(2)]})["ok"]  # fmt: skip
    assert served.ask("add_message", session="s2", message=message("later"))["ok"]
    now = in_files(used)
    assert now["s1"] == before | {
        "task": "new", "updatedAt": now["s1"]["updatedAt"],
        "instances": [instance(1, status="archived"), instance(2)],
    }  # fmt: skip
    assert [m["id"] for m in now["s2"]["chatHistory"]] == ["m", "later"]
    assert [m["id"] for m in used.exported()["s2"]["chatHistory"]] == [m for (m,) in used.rows(
        "SELECT id FROM chat_messages WHERE session_id = 's2' ORDER BY rowid")]  # fmt: skip
    in_step(used)


@pytest.mark.parametrize(
    ("do", "given", "code"),
    [
        ("nothing", {}, "BAD_REQUEST"),
        ("get", {}, "BAD_REQUEST"),
        ("get", {"session": "nobody"}, "NOT_FOUND"),
        ("update_session", {"session": "nobody", "fields": {}}, "NOT_FOUND"),
        ("update_session", {"session": "s1", "fields": {"id": "x"}}, "BAD_REQUEST"),
        ("update_session", {"session": "s1", "fields": 5}, "BAD_REQUEST"),
        ("update_session", {"session": "s1", "fields": {"task": 5}}, "BAD_REQUEST"),
        ("update_session", {"session": "s1", "fields": {"updatedAt": "2001-01-01T00:00:00Z"}}, "STALE"),
        ("add_message", {"session": "s1", "message": {"id": "x"}}, "BAD_REQUEST"),
        ("create_session", {"workspace": WORK, "session": session("n", type="duel")}, "BAD_REQUEST"),
        ("create_session", {"workspace": WORK, "session": session("n", winnerId=-1)}, "BAD_REQUEST"),
    ],
)
def test_a_wrong_request_is_refused_and_changes_nothing(
    used: EditorHome, served: Served, do: str, given: Reply, code: str
) -> None:
    files, rows = in_files(used), used.exported()
    reply = served.ask(do, **given)
    assert (reply["ok"], reply["code"]) == (False, code)
    assert (in_files(used), used.exported()) == (files, rows)


def test_reading_lists_gets_and_really_finds(used: EditorHome, served: Served) -> None:
    for sid, task in (
        ("1", "日本語のタスク"),
        ("2", "c++ auth-fix"),
        ("3", "100% sure"),
        ("4", 'say "hi" OR'),
    ):
        served.ask("create_session", workspace=WORK, session=session(sid, task=task))
    for text, found in (("本語", ["1", "s1", "s2"]), ("c++", ["2"]), ("auth-fix", ["2"]), ("0%", ["3"]), ("_", []),
                        ('"hi" OR', ["4"]), ("", ["1", "2", "3", "4", "s1", "s2"])):  # fmt: skip
        assert sorted(served.ask("search", text=text)["sessions"]) == found, text
    assert served.ask("get", session="1")["session"] == session("1", task="日本語のタスク")
    assert [one["id"] for one in served.ask("list", workspace="/work/two")["sessions"]] == ["s2"]
    assert len(served.ask("list", limit=2, offset=1)["sessions"]) == 2


def test_reconciling_shows_drift_and_mends_it(used: EditorHome, served: Served) -> None:
    used.file(WORK, [session("s1", updatedAt="2030-01-01T00:00:00Z", task="newer file"), session("file")])
    used.execute(
        "UPDATE sessions SET task = 'newer row', updated_at = '2030-01-01T00:00:00Z' WHERE id = 's2'"
    )
    used.execute("INSERT INTO sessions (id, workspace_path, type, task, status, created_at, updated_at) "
                 "VALUES ('row', '/work/two', 'debate', 't', 'running', 'a', 'b')")  # fmt: skip
    drift = {
        "json_only": ["file"],
        "sqlite_only": ["row"],
        "newer_in_json": ["s1"],
        "newer_in_sqlite": ["s2"],
    }
    files = in_files(used)
    found = served.ask("reconcile")
    assert {key: found[key] for key in drift} == drift
    assert (found["total"], found["consistent"]) == (4, 0)
    assert in_files(used) == files
    assert served.ask("reconcile", mend=True)["mended"]
    assert used.exported()["s1"]["task"] == "newer file"
    assert in_files(used)["s2"]["task"] == "newer row"
    assert in_files(used).keys() == used.exported().keys() == {"s1", "s2", "file", "row"}
    in_step(used)


def test_a_session_stays_in_the_file_that_it_is_in(used: EditorHome) -> None:
    used.file(WORK + "/", [session("raw")])
    used.mapping({WORK + "/": WORK, "/was": "/moved"})
    used.file("/was", [session("old")], mapped=False)
    assert used.run("migrate", "--accept-mapping", f"{hashed('/was')}=/moved", "--accept-mapping",
                    f"{hashed(WORK + '/')}={WORK}").status == 0  # fmt: skip
    paths = dict(used.rows("SELECT id, workspace_path FROM sessions"))
    assert (paths["raw"], paths["old"]) == (WORK, "/moved")
    names = {path.name for path in used.sessions.iterdir()}
    served = Served(used, datetime.now(UTC))
    for sid in ("s1", "raw", "old"):
        assert served.ask("update_session", session=sid, fields={"task": "new"})["json"] == "written"
    served.store.close()
    assert {path.name for path in used.sessions.iterdir()} == names
    assert {one["task"] for sid, one in in_files(used).items() if sid != "s2"} == {"new"}
    in_step(used)


def test_a_file_that_cannot_be_written_follows_later(used: EditorHome, served: Served) -> None:
    path = used.sessions / f"{hashed(WORK)}.json"
    data = path.read_bytes()
    path.write_bytes(b"{")
    assert served.ask("update_session", session="s1", fields={"task": "new"})["json"] == "pending"
    assert path.read_bytes() == b"{"
    path.write_bytes(data)
    assert served.ask("add_message", session="s2", message=message("x"))["json"] == "written"
    assert in_files(used)["s1"]["task"] == "new"
    in_step(used)


def test_after_thirty_days_only_the_database_is_written(used: EditorHome) -> None:
    files = in_files(used)
    served = Served(used, datetime.now(UTC) + timedelta(days=30, minutes=1))
    assert served.ask("update_session", session="s1", fields={"task": "new"})["json"] == "retired"
    assert in_files(used) == files
    assert used.exported()["s1"]["task"] == "new"
    served.store.close()


def test_a_store_killed_anywhere_leaves_both_sides_in_step(used: EditorHome) -> None:
    count = 0

    def work(verb: str) -> None:
        served = Served(used, datetime.now(UTC))
        served.ask("add_message", session="s1", message=message(f"k{count}"))
        served.store.close()

    real, used.run = used.run, work  # type: ignore[assignment, method-assign]
    for count in points(used, "store"):  # type: ignore[arg-type]
        before = {m["id"] for m in used.exported()["s1"]["chatHistory"]}
        in_step(used)
        assert {m["id"] for m in in_files(used)["s1"]["chatHistory"]} >= before - {f"k{count}", "s1:m"}
    assert count > 5
    used.run = real  # type: ignore[method-assign]
    assert used.run("verify").report["figures"]["integrity_ok"]


def test_several_clients_lose_nothing(used: EditorHome) -> None:
    words = [sys.executable, "-m", "migrator", "store", "ait42", "--home", str(used.root)]
    clients = [
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for number, client in enumerate(clients):
        assert client.stdin
        for turn in range(10):
            request = {
                "id": turn,
                "do": "add_message",
                "session": "s1",
                "message": message(f"{number}-{turn}"),
            }
            client.stdin.write(json.dumps(request) + "\n")
        client.stdin.flush()
    for client in clients:
        out, _ = client.communicate()
        assert [json.loads(line)["ok"] for line in out.splitlines()] == [True] * 10
    assert len(in_files(used)["s1"]["chatHistory"]) == 31
    in_step(used)


def test_a_home_without_the_database_has_no_store(editor: EditorHome) -> None:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert cli.main(["store", "ait42", "--home", str(editor.root), "--json"]) == 3
    assert json.loads(out.getvalue())["code"] == "DB_MISSING"
    assert not os.path.lexists(editor.root / ".local")
    assert isinstance(editor.root, Path)


def test_a_message_that_is_sent_again_is_added_once(used: EditorHome, served: Served) -> None:
    said = message("twice", role="tool", instanceId=1)
    for _ in range(2):
        assert served.ask("add_message", session="s1", message=said)["json"] == "written"
    assert [one["id"] for one in in_files(used)["s1"]["chatHistory"]] == ["m", "twice"]
    assert served.ask("add_message", session="s1", message=said | {"content": "other"})["code"] == "EXISTS"
    assert used.rows("SELECT count(*) FROM chat_messages WHERE session_id = 's1'") == [(2,)]
    in_step(used)


def test_a_message_of_an_instance_that_is_not_there_is_refused(used: EditorHome, served: Served) -> None:
    lost = message("lost", instanceId=9)
    assert served.ask("add_message", session="s1", message=lost)["code"] == "BAD_REQUEST"
    one = session("n", chatHistory=[lost])
    assert served.ask("create_session", workspace=WORK, session=one)["code"] == "BAD_REQUEST"


def test_a_new_session_is_written_as_the_editor_writes_it(used: EditorHome, served: Served) -> None:
    given = {
        key: value for key, value in session("short", chatHistory=[message("q")]).items() if value is not None
    }
    given["chatHistory"] = [{key: value for key, value in message("q").items() if value is not None}]
    assert served.ask("create_session", workspace="/work/three", session=given)["ok"]
    path = used.sessions / f"{hashed('/work/three')}.json"
    wanted = session("short", chatHistory=[message("q")])
    assert path.read_text() == json.dumps([wanted], indent=2, ensure_ascii=False)


def test_what_the_editor_wrote_is_taken_over_before_a_change(used: EditorHome, served: Served) -> None:
    mine = in_files(used)["s1"] | {"status": "failed", "winnerId": 1}
    mine["chatHistory"].append(message("by the editor"))
    used.file(WORK, [mine])  # no other time, as when a winner is confirmed
    assert served.ask("update_session", session="s1", fields={"task": "new"})["json"] == "written"
    now = in_files(used)["s1"]
    assert (now["status"], now["winnerId"], now["task"]) == ("failed", 1, "new")
    assert [one["id"] for one in now["chatHistory"]] == ["m", "by the editor"]
    in_step(used)


def test_what_the_database_has_newer_is_taken_over_before_a_change(used: EditorHome, served: Served) -> None:
    used.execute("UPDATE sessions SET status = 'failed', updated_at = '2030-01-01T00:00:00Z' WHERE id = 's2'")
    used.file("/work/two", [in_files(used)["s2"] | {"chatHistory": [message("m"), message("by the editor")]}])
    reply = served.ask("add_message", session="s2", message=message("x"))
    assert reply["json"] == "written"
    now = in_files(used)["s2"]
    assert (now["status"], now["updatedAt"]) == ("failed", "2030-01-01T00:00:00.001Z")
    assert [one["id"] for one in now["chatHistory"]] == ["m", "by the editor", "x"]
    in_step(used)


def test_mending_keeps_the_parts_of_both_sides(used: EditorHome, served: Served) -> None:
    used.execute("UPDATE sessions SET status = 'failed', updated_at = '2030-01-01T00:00:00Z' WHERE id = 's2'")
    used.file("/work/two", [in_files(used)["s2"] | {"instances": [instance(4)]}])
    assert served.ask("reconcile", mend=True)["newer_in_sqlite"] == ["s2"]
    assert in_files(used)["s2"]["status"] == "failed"
    assert [one["instanceId"] for one in used.exported()["s2"]["instances"]] == [4]
    in_step(used)


def test_the_editor_writing_at_the_same_moment_is_not_overwritten(
    used: EditorHome, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real, edits = used.sessions / f"{hashed(WORK)}.json", files.stamp, [session("begun")]

    def stamped(name: str) -> tuple[int, int, int] | None:
        about = real(name)
        if edits and name == str(path):
            path.write_text(json.dumps([*json.loads(path.read_text()), edits.pop()]))
        return about

    monkeypatch.setattr(files, "stamp", stamped)
    assert served.ask("update_session", session="s1", fields={"task": "new"})["json"] == "written"
    assert in_files(used)["s1"]["task"] == "new"
    assert "begun" in in_files(used)


def test_a_note_of_a_change_that_never_came_about_changes_nothing(used: EditorHome, served: Served) -> None:
    was = in_files(used)
    note = Note("s1", hashed(WORK), None, session("s1", task="never"))
    served.store._beside.note([note, Note("gone", hashed(WORK), None, session("gone"))])
    Served(used).store.close()
    assert in_files(used) == was
    in_step(used)


def test_the_schema_of_the_database_is_left_alone(used: EditorHome, served: Served) -> None:
    before = used.rows("SELECT name, sql FROM sqlite_master ORDER BY name")
    assert served.ask("add_message", session="s1", message=message("x"))["ok"]
    served.store.close()
    assert used.rows("SELECT name, sql FROM sqlite_master ORDER BY name") == before
    assert used.run("rollback").status == 0
    assert [one["id"] for one in in_files(used)["s1"]["chatHistory"]] == ["m", "x"]


def test_a_message_that_only_the_database_has_is_told_though_twins_say_others_twice(
    editor: EditorHome,
) -> None:
    twin = session("s1", chatHistory=[message("m")])
    editor.file(WORK, [twin, twin])
    assert editor.run("migrate").status == 0
    editor.execute("INSERT INTO chat_messages (id, session_id, role, content, timestamp) "
                   "VALUES ('new', 's1', 'user', 'c', 't')")  # fmt: skip
    served = Served(editor, datetime.now(UTC))
    assert served.ask("reconcile", mend=True)["newer_in_json"] == ["s1"]
    assert "new" in {
        one["id"] for one in json.loads(next(editor.sessions.iterdir()).read_text())[0]["chatHistory"]
    }
    served.store.close()
    in_step(editor)


def test_what_is_committed_is_told_so_even_if_nothing_can_follow(
    used: EditorHome, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("migrator.ait42.beside.Beside.forget", broken)
        assert served.ask("update_session", session="s1", fields={"task": "new"})["json"] == "pending"
    with monkeypatch.context() as patch:
        patch.setattr("migrator.ait42.beside.Beside.note", broken)
        assert served.ask("update_session", session="s2", fields={"task": "no"})["code"] == "IO_ERROR"
    tasks = {sid: one["task"] for sid, one in used.exported().items()}
    assert (tasks["s1"], tasks["s2"]) == ("new", "日本語 task")
    in_step(used)


def test_what_nobody_knows_stays_readable(used: EditorHome, served: Served) -> None:
    path = used.sessions / f"{hashed(WORK)}.json"
    path.write_text(path.read_text().replace('"x": 1', '"x": "\\ud800 ä"'))
    assert served.ask("update_session", session="s1", fields={"task": "new"})["json"] == "written"
    assert json.loads(path.read_text(encoding="utf-8"))[0]["x"] == "\ud800 ä"
    path.write_text(path.read_text().replace('"\\ud800 \\u00e4"', "1e999"))
    before = path.read_bytes()
    assert served.ask("update_session", session="s1", fields={"task": "newer"})["code"] == "BAD_REQUEST"
    assert served.ask("create_session", workspace=WORK, session=session("beside"))["json"] == "pending"
    assert path.read_bytes() == before
    Served(used, datetime.now(UTC)).store.close()
