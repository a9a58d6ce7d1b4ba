"""From elements to rows: twins, files that disagree, clashes of ids, values that the target does not know."""

from __future__ import annotations

from typing import Any

import pytest
from ait42_homes import HASH, OTHER, home, instance, message, session, with_bytes, with_database, with_rows

from harness.expectation import Expectation
from harness.home import Home
from harness.systems.ait42 import schema
from harness.systems.ait42.oracle import expect, read_target
from harness.systems.ait42.oracle.instants import instant

FILE = f".ait42/sessions/{HASH}.json"
OURS = (
    "".join(schema.STEPS.values())
    + "INSERT INTO schema_version VALUES (1, 'tables', ''), (2, 'indexes', ''), (3, 'search', '');"
)


def fates(expected: Expectation) -> dict[str, tuple[str, str | None]]:
    return {fate.source: (fate.disposition, fate.reason) for fate in expected.fates if fate.kind == "session"}


def issues(expected: Expectation) -> list[tuple[Any, ...]]:
    rows = expected.tables["migration_issues"].values()
    return sorted(
        (r["reason"], r["source"], r["entity_id"], r["field"], r["original"], r["stored"]) for r in rows
    )


def rows(expected: Expectation, table: str, *fields: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row[field] for field in fields) for row in expected.tables[table].values())


def test_a_whole_session_arrives_field_for_field() -> None:
    one = session(
        completedAt="2025-11-11T11:00:00+00:00", model="opus", timeoutSeconds=600, preserveWorktrees=True, winnerId=1,
        runtimeMix=["claude", "claude"], totalDuration=5, totalFilesChanged=1, totalLinesAdded=2, totalLinesDeleted=3,
        instances=[instance(1, runtime="codex", output="x", status="archived")], chatHistory=[message(instanceId=1)],
    )  # fmt: skip
    expected = expect(home(one))
    assert expected.tables["sessions"]["s-1"] == {
        "id": "s-1", "workspace_path": "/home/user/project", "type": "competition", "task": "do it やって",
        "status": "running", "created_at": "2025-11-11T09:00:00.000Z", "updated_at": "2025-11-11T10:00:00.000Z",
        "completed_at": "2025-11-11T11:00:00+00:00", "model": "opus", "timeout_seconds": 600, "preserve_worktrees": 1,
        "winner_id": 1, "runtime_mix": ["claude", "claude"], "total_duration": 5, "total_files_changed": 1,
        "total_lines_added": 2, "total_lines_deleted": 3, "instance_count": 1, "message_count": 1,
    }  # fmt: skip
    assert rows(expected, "instances", "session_id", "instance_id", "status", "runtime", "output") == [
        ("s-1", 1, "archived", "codex", "x")
    ]
    assert rows(expected, "chat_messages", "id", "session_id", "instance_id_ref", "content") == [
        ("msg-1", "s-1", ["s-1", 1], "hello")
    ]
    assert issues(expected) == []
    assert fates(expected) == {f"{FILE}#0": ("migrated", None)}


def test_null_and_empty_mixes_stay_apart() -> None:
    expected = expect(home(session("a", runtimeMix=[]), session("b")))
    assert rows(expected, "sessions", "id", "runtime_mix", "preserve_worktrees") == [
        ("a", [], 0),
        ("b", None, 0),
    ]


@pytest.mark.parametrize(
    ("text", "stored"),
    [("round_1", "running"), ("round_12", "running"), ("started", "running"), ("round_", "paused"), ("x", "paused"),
     ("round_1\n", "paused"), ("round_²", "paused"), ("Running", "paused"), ("", "paused")],
)  # fmt: skip
def test_a_status_that_the_target_does_not_know_is_replaced_and_kept_as_an_issue(
    text: str, stored: str
) -> None:
    expected = expect(home(session(status=text, instances=[instance(2, status=text)])))
    assert rows(expected, "sessions", "status") == rows(expected, "instances", "status") == [(stored,)]
    assert issues(expected) == [
        ("status-replaced", f"{FILE}#0", "s-1", "status", text, stored),
        ("status-replaced", f"{FILE}#0/instances/0", "s-1/2", "status", text, stored),
    ]


def test_archived_is_known_of_instances_only() -> None:
    expected = expect(home(session(status="archived", instances=[instance(1, status="archived")])))
    assert rows(expected, "sessions", "status") == [("paused",)]
    assert rows(expected, "instances", "status") == [("archived",)]


@pytest.mark.parametrize(
    ("changes", "table", "column", "issue"),
    [
        ({"timeoutSeconds": 0}, "sessions", "timeout_seconds", ("timeout-zero", "timeoutSeconds", "0")),
        (
            {"totalDuration": 2**63},
            "sessions",
            "total_duration",
            ("out-of-range", "totalDuration", str(2**63)),
        ),
        ({"instances": [instance(1, runtime="")]}, "instances", "runtime", ("runtime-empty", "runtime", "")),
        (
            {"instances": [instance(1, runtime="x")]},
            "instances",
            "runtime",
            ("runtime-replaced", "runtime", "x"),
        ),
        (
            {"chatHistory": [message(instanceId=9)]},
            "chat_messages",
            "instance_id_ref",
            ("dangling-instance", "instanceId", "9"),
        ),
    ],
)
def test_a_value_that_cannot_be_kept_becomes_null_with_an_issue(
    changes: dict[str, Any], table: str, column: str, issue: tuple[str, ...]
) -> None:
    expected = expect(home(session(**changes)))
    assert rows(expected, table, column) == [(None,)]
    ((reason, _, _, field, original, stored),) = issues(expected)
    assert ((reason, field, original), stored) == (issue, None)


def test_the_largest_numbers_fit() -> None:
    expected = expect(home(session(totalDuration=2**63 - 1, totalLinesAdded=2**32 - 1, winnerId=None)))
    assert rows(expected, "sessions", "total_duration", "total_lines_added") == [(2**63 - 1, 2**32 - 1)]


def test_a_winner_that_is_not_there_is_kept() -> None:
    expected = expect(home(session(winnerId=7)))
    assert rows(expected, "sessions", "winner_id") == [(7,)]
    assert issues(expected) == [("dangling-winner", f"{FILE}#0", "s-1", "winnerId", "7", "7")]


def test_an_odd_role_is_stored_as_systems() -> None:
    expected = expect(home(session(chatHistory=[message(role="tool")])))
    assert rows(expected, "chat_messages", "role") == [("system",)]
    assert issues(expected) == [
        ("role-replaced", f"{FILE}#0/chatHistory/0", "msg-1", "role", "tool", "system")
    ]


def test_a_long_message_is_stored_whole() -> None:
    content = "長" * 20_000 + "\0end"
    expected = expect(home(session(chatHistory=[message(content=content)])))
    assert rows(expected, "chat_messages", "content") == [(content,)]


def test_the_twin_that_changed_last_wins_and_nothing_of_the_other_is_lost() -> None:
    old = session(
        task="old", instances=[instance(0), instance(1, branch="other")], chatHistory=[message("m-0")]
    )
    new = session(
        task="new", updatedAt="2025-11-11T11:00:00+01:00", status="completed",
        instances=[instance(1), instance(2)], chatHistory=[message("m-1"), message("m-0")],
    )  # fmt: skip
    newest = session(task="newest", updatedAt="2025-11-11T10:00:00.0001Z")
    expected = expect(home(old, new, newest))
    assert rows(expected, "sessions", "task", "instance_count", "message_count") == [("newest", 3, 2)]
    assert rows(expected, "instances", "instance_id", "branch") == [(0, "b"), (1, "other"), (2, "b")]
    assert fates(expected) == {
        f"{FILE}#0": ("skipped", "duplicate-session"),
        f"{FILE}#1": ("skipped", "duplicate-session"),
        f"{FILE}#2": ("migrated", None),
    }
    told = {(reason, source): original for reason, source, _, _, original, _ in issues(expected)}
    assert told.keys() == {
        ("duplicate-session", f"{FILE}#0"),
        ("duplicate-session", f"{FILE}#1"),
        ("duplicate-instance", f"{FILE}#1/instances/0"),
    }
    assert told["duplicate-session", f"{FILE}#0"]["task"] == "old"
    assert told["duplicate-instance", f"{FILE}#1/instances/0"]["branch"] == "b"


def test_of_twins_with_one_time_or_none_the_first_wins() -> None:
    for times in (
        ("x", "y"),
        ("2025-11-11T10:00:00Z", "2025-11-11T11:00:00.000+01:00"),
        ("2025-01-01T00:00:00Z", "later"),
    ):
        expected = expect(home(*(session(task=str(n), updatedAt=time) for n, time in enumerate(times))))
        assert rows(expected, "sessions", "task") == [("0",)]


def test_equal_sessions_in_two_files_are_one() -> None:
    expected = expect(with_rows(home(session()), session(), name=OTHER))
    assert fates(expected) == {
        f"{FILE}#0": ("migrated", None),
        f".ait42/sessions/{OTHER}.json#0": ("skipped", "duplicate-session"),
    }
    assert expected.outcome == "done"


@pytest.mark.parametrize(
    ("time", "kept"),
    [("2025-11-11T10:00:01Z", OTHER), ("2025-11-11T09:59:59Z", HASH), ("2025-11-11T10:00:00Z", HASH)],
)
def test_of_sessions_that_differ_in_two_files_the_newer_is_kept(time: str, kept: str) -> None:
    expected = expect(with_rows(home(session()), session(task="moved", updatedAt=time), name=OTHER))
    told = fates(expected)
    assert told.pop(f".ait42/sessions/{kept}.json#0") == ("migrated", None)
    assert list(told.values()) == [("set-aside", "cross-file-conflict")]
    workspace = "/home/user/project" if kept == HASH else f"unknown:{OTHER}"
    assert rows(expected, "sessions", "workspace_path") == [(workspace,)]
    assert expected.outcome == "partial"


def test_an_unknown_type_sets_the_session_aside_and_no_other() -> None:
    expected = expect(
        home(session("a", type="duel", chatHistory=[message()]), session("b", chatHistory=[message()]))
    )
    assert fates(expected) == {f"{FILE}#0": ("set-aside", "unknown-type"), f"{FILE}#1": ("migrated", None)}
    assert rows(expected, "chat_messages", "id", "session_id") == [("msg-1", "b")]


def test_one_message_id_in_two_sessions_costs_no_message() -> None:
    expected = expect(home(session("a", chatHistory=[message()]), session("b", chatHistory=[message()])))
    assert rows(expected, "chat_messages", "id", "session_id") == [("b:msg-1", "b"), ("msg-1", "a")]
    assert issues(expected) == [
        ("message-id-collision", f"{FILE}#1/chatHistory/0", "msg-1", "id", "msg-1", "b:msg-1")
    ]


def test_one_message_id_in_one_session_is_one_row_for_each_body() -> None:
    chat = [message(), message(content="2"), message(), message(content="3"), message("a:msg-1", content="4")]
    expected = expect(home(session("a", chatHistory=chat)))
    assert rows(expected, "chat_messages", "id", "content") == [
        ("a:a:msg-1", "4"), ("a:msg-1", "2"), ("a:msg-1:2", "3"), ("msg-1", "hello"),
    ]  # fmt: skip


def test_an_empty_database_of_ours_and_none_at_all_end_the_same() -> None:
    legacy = home(session(chatHistory=[message()]))
    assert expect(legacy).tables == expect(with_database(legacy, script=OURS)).tables


def migrated(legacy: Home, expected: Expectation) -> Home:
    """Returns the home with a database that holds just what is expected of its sessions and messages."""
    return with_database(
        legacy,
        *(f"INSERT INTO sessions (id, workspace_path, type, task, status, created_at, updated_at) VALUES ({values})"
          for values in (", ".join(repr(row[name]) for name in ("id", "workspace_path", "type", "task", "status", "created_at", "updated_at"))
                         for row in expected.tables["sessions"].values())),
        *(f"INSERT INTO chat_messages (id, session_id, role, content, timestamp) VALUES ({values})"
          for values in (", ".join(repr(row[name]) for name in ("id", "session_id", "role", "content", "timestamp"))
                         for row in expected.tables["chat_messages"].values())),
        script=OURS,
    )  # fmt: skip


def test_a_second_run_finds_its_own_messages_also_under_other_ids() -> None:
    legacy = home(
        session("a", chatHistory=[message(), message(content="2")]), session("b", chatHistory=[message()])
    )
    first = expect(legacy)
    again = expect(migrated(legacy, first))
    assert set(fates(again).values()) == {("present", None)}
    assert again.tables["chat_messages"] == first.tables["chat_messages"]
    assert again.tables["migration_issues"] == {}


def test_an_older_row_is_brought_up_to_date_but_for_its_creation() -> None:
    legacy = home(session(task="new", createdAt="2025-11-11T08:00:00Z", instances=[instance(1)]))
    known = with_database(
        legacy,
        "INSERT INTO sessions (id, workspace_path, type, task, status, created_at, updated_at) "
        "VALUES ('s-1', '/w', 'debate', 'old', 'failed', 'first', '2025-11-11T10:00:00.000Z')",
        "INSERT INTO instances (session_id, instance_id, worktree_path, branch, agent_name, status, tmux_session_id) "
        "VALUES ('s-1', 5, '', '', '', 'idle', '')",
        script=OURS,
    )
    expected = expect(known)
    fields = ("task", "type", "status", "created_at", "workspace_path", "instance_count")
    assert rows(expected, "sessions", *fields) == [
        ("new", "competition", "running", "first", "/home/user/project", 2)
    ]
    assert rows(expected, "instances", "instance_id") == [(1,), (5,)]
    assert fates(expected) == {f"{FILE}#0": ("present", None)}


def test_a_newer_row_is_left_alone() -> None:
    legacy = home(session(chatHistory=[message()], status="round_1"))
    known = with_database(
        legacy,
        "INSERT INTO sessions (id, workspace_path, type, task, status, created_at, updated_at) "
        "VALUES ('s-1', '/w', 'debate', 'old', 'failed', 'first', '2025-11-11 10:00:01')",
        script=OURS,
    )
    expected = expect(known)
    assert expected.tables == read_target(known)
    assert fates(expected) == {f"{FILE}#0": ("present", None)}


def test_a_known_workspace_is_never_forgotten() -> None:
    legacy = home(session(task="new"), mapped=False)
    known = with_database(
        legacy,
        "INSERT INTO sessions (id, workspace_path, type, task, status, created_at, updated_at) "
        "VALUES ('s-1', '/w', 'debate', 'old', 'failed', 'first', 'x')",
        script=OURS,
    )
    expected = expect(known)
    assert rows(expected, "sessions", "task", "workspace_path") == [("new", "/w")]
    assert issues(expected) == []


@pytest.mark.parametrize(
    ("early", "late"),
    [
        ("2025-11-11T10:00:00Z", "2025-11-11T10:00:00.000000001+00:00"),
        ("2025-11-11T10:00:00+01:00", "2025-11-11T09:30:00Z"),
        ("2025-11-11 08:00:00", "2025-11-11T08:00:00.5Z"),
        ("yesterday", "0001-01-01T00:00:00Z"),
        ("2025-02-30T00:00:00Z", "1999-01-01T00:00:00Z"),
        ("", "1969-12-31T23:59:59.999-12:00"),
    ],
)
def test_instants_are_compared_and_not_texts(early: str, late: str) -> None:
    assert instant(early) < instant(late)


def test_a_broken_file_stops_no_other() -> None:
    legacy = with_bytes(home(session("a")), b"[", name=OTHER)
    expected = expect(legacy)
    assert fates(expected) == {f"{FILE}#0": ("migrated", None)}
    assert [(f.id, f.disposition, f.reason) for f in expected.fates if f.kind == "file"] == [
        (OTHER, "set-aside", "corrupt-json")
    ]
