"""What becomes of each field, and of everything that the narrow schema of the editor would refuse."""

import json
import sqlite3
from typing import Any

import pytest
from editor import T0, EditorHome, hashed, instance, message, session
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LATER, EARLIER = "2025-11-10T11:00:00+00:00", "2025-11-10T09:59:59.999999999+00:00"
WORK = "/work/one"


def migrated(editor: EditorHome, *sessions: dict[str, Any], status: int = 0) -> dict[str, dict[str, Any]]:
    editor.file(WORK, list(sessions))
    answer = editor.run("migrate")
    assert answer.status == status, answer.report
    return editor.exported()


def test_every_field_comes_back_as_it_was(editor: EditorHome) -> None:
    one = session(
        "s1",
        instances=[instance(0), instance(3, output=None, runtime=None)],
        chatHistory=[message("m1", instanceId=0), message("m2", role="assistant", content="", instanceId=3)],
        runtimeMix=[],
        preserveWorktrees=True,
        winnerId=3,
        totalDuration=2**63 - 1,
        totalLinesAdded=2**32 - 1,
    )
    two = session("s2", runtimeMix=["claude", "claude"], type="integration", status="paused")
    assert migrated(editor, one, two) == {"s1": one, "s2": two}
    assert editor.rows("SELECT DISTINCT workspace_path FROM sessions") == [(WORK,)]
    assert editor.rows("SELECT runtime_mix FROM sessions ORDER BY id") == [("[]",), ('["claude","claude"]',)]
    assert editor.issues() == set()


texts = st.text(st.characters(codec="utf-8"), max_size=12)
maybe = st.none() | texts
u32 = st.none() | st.integers(0, 2**32 - 1)
instances = st.builds(
    instance,
    number=st.integers(0, 2**32 - 1),
    **dict.fromkeys(("worktreePath", "branch", "agentName", "tmuxSessionId"), texts),
    **dict.fromkeys(("output", "startTime", "endTime", "model", "runtimeLabel"), maybe),
    **dict.fromkeys(("filesChanged", "linesAdded", "linesDeleted"), u32),
)
sessions_ = st.builds(
    session,
    sid=st.uuids().map(str),
    task=texts,
    createdAt=texts,
    updatedAt=texts,
    completedAt=maybe,
    model=maybe,
    instances=st.lists(instances, max_size=3, unique_by=lambda one: one["instanceId"]),
    chatHistory=st.lists(
        st.builds(message, mid=st.uuids().map(str), content=texts, timestamp=texts), max_size=3
    ),
    preserveWorktrees=st.booleans(),
    runtimeMix=st.none() | st.lists(texts, max_size=3),
    totalDuration=st.none() | st.integers(0, 2**63 - 1),
    totalFilesChanged=u32,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(sessions_, max_size=4, unique_by=lambda one: one["id"]))
def test_whatever_the_editor_can_write_comes_back(editor: EditorHome, drawn: list[dict[str, Any]]) -> None:
    assert migrated(editor, *drawn) == {one["id"]: one for one in drawn}
    assert editor.run("verify").report["figures"]["is_valid"]
    assert editor.run("rollback").status == 0
    assert not editor.db.exists()


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("round_1", "running"),
        ("round_12", "running"),
        ("started", "running"),
        ("round_x", "paused"),
        ("", "paused"),
    ],
)
def test_other_statuses_are_replaced_and_kept_as_issues(editor: EditorHome, text: str, stored: str) -> None:
    found = migrated(editor, session(status=text, instances=[instance(status=text)]))["s1"]
    assert (found["status"], found["instances"][0]["status"]) == (stored, stored)
    assert editor.issues() == {
        ("status-replaced", "session", "s1", "status", text, stored),
        ("status-replaced", "instance", "s1/1", "status", text, stored),
    }


@pytest.mark.parametrize("status", ["idle", "archived", "timeout", "paused"])
def test_every_status_of_an_instance_is_kept(editor: EditorHome, status: str) -> None:
    assert (
        migrated(editor, session(instances=[instance(status=status)]))["s1"]["instances"][0]["status"]
        == status
    )


def test_values_that_no_column_takes_become_null_and_an_issue(editor: EditorHome) -> None:
    found = migrated(
        editor,
        session(
            timeoutSeconds=0,
            totalDuration=2**64 - 1,
            winnerId=9,
            instances=[instance(1, runtime=""), instance(2, runtime="aider")],
            chatHistory=[message(role="tool", instanceId=7)],
        ),
    )["s1"]
    assert (found["timeoutSeconds"], found["totalDuration"], found["winnerId"]) == (None, None, 9)
    assert [one["runtime"] for one in found["instances"]] == [None, None]
    assert (found["chatHistory"][0]["role"], found["chatHistory"][0]["instanceId"]) == ("system", None)
    assert editor.issues() == {
        ("timeout-zero", "session", "s1", "timeoutSeconds", "0", None),
        ("out-of-range", "session", "s1", "totalDuration", str(2**64 - 1), None),
        ("dangling-winner", "session", "s1", "winnerId", "9", "9"),
        ("runtime-empty", "instance", "s1/1", "runtime", "", None),
        ("runtime-replaced", "instance", "s1/2", "runtime", "aider", None),
        ("role-replaced", "message", "msg-1", "role", "tool", "system"),
        ("dangling-instance", "message", "msg-1", "instanceId", "7", None),
    }


def test_a_long_message_is_stored_whole_and_noted(editor: EditorHome) -> None:
    editor.file(
        WORK, [session(chatHistory=[message(content="x" * 10_000), message("m2", content="y" * 20_000)])]
    )
    answer = editor.run("migrate")
    assert answer.notes("s1") == {"long-message"}
    assert editor.rows("SELECT max(length(content)) FROM chat_messages") == [(20_000,)]


def test_an_unknown_type_is_set_aside_and_the_others_go_on(editor: EditorHome) -> None:
    assert migrated(editor, session("s1", type="duel"), session("s2"), status=4).keys() == {"s2"}


def test_twins_are_merged_and_the_newest_wins(editor: EditorHome) -> None:
    """The editor stores a competition twice; only the first is ever completed."""
    done = session(
        status="completed", updatedAt=LATER, instances=[instance(1), instance(2)], chatHistory=[message()]
    )
    stale = session(
        status="running", model="opus", instances=[instance(0), instance(1, branch="other")],
        chatHistory=[message(), message("m2")],
    )  # fmt: skip
    file = f".ait42/sessions/{hashed(WORK)}.json"
    editor.file(WORK, [done, stale])
    answer = editor.run("migrate")
    assert answer.status == 0
    assert answer.fates()[f"{file}#0"] == ("migrated", None)
    assert answer.fates()[f"{file}#1"] == ("skipped", "duplicate-session")
    found = editor.exported()["s1"]
    assert found == done | {
        "instances": [*done["instances"], instance(0)],
        "chatHistory": [message(), message("m2")],
    }
    known = {reason: (source, original) for source, reason, original in editor.rows(
        "SELECT source, reason, original FROM migration_issues")}  # fmt: skip
    assert known["duplicate-session"][0] == f"{file}#1"
    assert json.loads(known["duplicate-session"][1]) == {
        key: value for key, value in stale.items() if key not in {"instances", "chatHistory"}
    }
    assert known["duplicate-instance"] == (
        f"{file}#1/instances/1",
        json.dumps(instance(1, branch="other"), ensure_ascii=False, separators=(",", ":")),
    )


@pytest.mark.parametrize(
    ("first", "second", "winner"),
    [(T0, LATER, 1), (LATER, T0, 0), (T0, EARLIER, 0), (T0, T0, 0), ("?", T0, 1), ("?", "!", 0),
     ("2025-11-10T10:00:00.0000000009Z", "2025-11-10 10:00:00.000000001", 1), ("2025-11-10T11:00:00+02:00", T0, 1)],
)  # fmt: skip
def test_instants_are_compared_not_texts(editor: EditorHome, first: str, second: str, winner: int) -> None:
    migrated(editor, session(updatedAt=first, task="0"), session(updatedAt=second, task="1"))
    assert editor.rows("SELECT task FROM sessions") == [(str(winner),)]


def test_a_message_id_is_renamed_where_another_message_has_it(editor: EditorHome) -> None:
    one = session(
        "s1", chatHistory=[message("m"), message("m"), message("m", content="b"), message("m", content="c")]
    )
    two = session("s2", chatHistory=[message("m"), message("s2:m", content="x"), message("m", content="y")])
    found = migrated(editor, one, two)
    assert [m["id"] for m in found["s1"]["chatHistory"]] == ["m", "s1:m", "s1:m:2"]
    assert [m["id"] for m in found["s2"]["chatHistory"]] == ["s2:m", "s2:s2:m", "s2:m:2"]
    collisions = editor.rows("SELECT entity_id, original, stored FROM migration_issues ORDER BY id")
    assert collisions == [
        ("m", "m", "s1:m"), ("m", "m", "s1:m:2"), ("m", "m", "s2:m"), ("s2:m", "s2:m", "s2:s2:m"),
        ("m", "m", "s2:m:2"),
    ]  # fmt: skip
    assert editor.run("migrate").report["changed"] is False


def test_of_two_files_with_one_session_the_newest_counts(editor: EditorHome) -> None:
    paths = sorted(("/work/a", "/work/b", "/work/c"), key=hashed)
    editor.file(paths[0], [session("s1", task="old"), session("s2"), session("s3", task="a")])
    editor.file(paths[1], [session("s1", task="new", updatedAt=LATER), session("s2")])
    editor.file(paths[2], [session("s1", task="old"), session("s3", task="b")])
    answer = editor.run("migrate")
    assert answer.status == 4
    of = {(r["source"].split("/")[2][:16], r["id"]): (r["outcome"], r["reason"]) for r in answer.report["records"]
          if r["kind"] == "session"}  # fmt: skip
    names = [hashed(path) for path in paths]
    assert of[names[0], "s1"] == ("set-aside", "cross-file-conflict")
    assert of[names[1], "s1"] == ("migrated", None)
    assert of[names[2], "s1"] == ("set-aside", "cross-file-conflict")
    assert (of[names[0], "s2"], of[names[1], "s2"]) == (("migrated", None), ("skipped", "duplicate-session"))
    assert (of[names[0], "s3"], of[names[2], "s3"]) == (
        ("migrated", None),
        ("set-aside", "cross-file-conflict"),
    )
    assert editor.rows("SELECT task, workspace_path FROM sessions WHERE id = 's1'") == [("new", paths[1])]
    assert editor.run("verify").status == 0


def test_the_search_finds_tasks(editor: EditorHome) -> None:
    migrated(editor, session("1", task="fix the parser"), session("2", task="c++ build"))
    query = "SELECT s.id FROM sessions_fts f JOIN sessions s ON s.rowid = f.rowid WHERE sessions_fts MATCH '\"{}\"'"
    assert editor.rows(query.format("parser")) == [("1",)]
    assert editor.rows(query.format("c++")) == [("2",)]


def test_the_database_is_the_published_one(editor: EditorHome) -> None:
    migrated(editor, session())
    assert editor.rows("PRAGMA journal_mode") == [("wal",)]
    assert editor.rows("SELECT version, name FROM schema_version") == [
        (1, "tables"),
        (2, "indexes"),
        (3, "search"),
    ]
    of = dict(
        editor.rows("SELECT type, count(*) FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' GROUP BY type")
    )
    assert (of["index"], of["trigger"]) == (13, 7)
    with pytest.raises(sqlite3.IntegrityError):
        editor.execute("INSERT INTO chat_messages VALUES ('x', 'nobody', NULL, 'user', '', '')")
    editor.execute("INSERT INTO instances (session_id, instance_id, worktree_path, branch, agent_name, status, "
                   "tmux_session_id) VALUES ('s1', 5, '', '', '', 'idle', '')")  # fmt: skip
    assert editor.rows("SELECT instance_count FROM sessions") == [(1,)]
