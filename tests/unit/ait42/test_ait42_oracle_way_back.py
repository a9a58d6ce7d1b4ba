"""What must be in the session files once a database that was worked on is gone, told from three homes by hand."""

from __future__ import annotations

from typing import Any

import pytest
from ait42_homes import HASH, OTHER, home, message, session, with_bytes, with_database, with_rows
from test_ait42_oracle_laws import migrated

from harness.home import Home
from harness.systems.ait42.oracle import written_back

ONE = session(chatHistory=[message("m-1")])
TWO = session("s-2", taste="umami")
LEFT = migrated(with_rows(home(ONE, TWO), session("s-3"), name=OTHER))
WORK = "UPDATE sessions SET task = 'worked on' WHERE id = 's-1'"
WORKED = session(task="worked on", chatHistory=[message("m-1")])


def back(start: Home) -> Home:
    return start.without(".ait42/sessions.db")


def faults(after: Home, *work: str, start: Home = LEFT, left: Home = LEFT) -> list[str]:
    return [place for place, _, _ in written_back(left, with_database(start, *work), back(after))]


def test_nothing_is_asked_where_nobody_worked_in_the_database() -> None:
    assert faults(LEFT) == []


def test_a_changed_session_is_changed_in_its_file_and_nothing_else_is() -> None:
    assert faults(with_rows(LEFT, WORKED, TWO), WORK) == []
    assert faults(LEFT, WORK) == [f"{HASH}.json: s-1: task"]
    lost = {name: value for name, value in TWO.items() if name != "taste"}
    assert faults(with_rows(LEFT, WORKED, lost), WORK) == [
        f"{HASH}.json: what nobody worked on in the database"
    ]


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([session("s-1", chatHistory=[message("m-1"), message("m-2")]), TWO], []),
        ([ONE, TWO], ["message m-2"]),
        ([session("s-1", chatHistory=[message("m-2")]), TWO], ["message m-1"]),
        (
            [session("s-1", chatHistory=[message("m-1"), message("m-2"), message("m-2")]), TWO],
            ["message m-2"],
        ),
        ([session("s-1", chatHistory=[message("m-1"), message("m-2", content="h")]), TWO], ["message m-2"]),
    ],
)
def test_messages_are_there_once_and_as_they_were_written(rows: list[Any], wanted: list[str]) -> None:
    said = (
        "INSERT INTO chat_messages VALUES ('m-2', 's-1', NULL, 'user', 'hello', '2025-11-11T09:00:00.000Z')"
    )
    assert faults(with_rows(LEFT, *rows), said) == [f"{HASH}.json: s-1: {what}" for what in wanted]


def test_a_deleted_session_is_in_no_file() -> None:
    gone = "DELETE FROM sessions WHERE id = 's-2'"
    assert faults(with_rows(LEFT, ONE), gone) == []
    assert faults(LEFT, gone) == [f"{HASH}.json: s-2"]


def test_a_session_that_was_changed_in_its_file_too_stays_as_it_is_there() -> None:
    newer = with_rows(LEFT, session(task="newer"), TWO)
    assert faults(newer, WORK, start=newer) == []
    assert faults(with_rows(LEFT, WORKED, TWO), WORK, start=newer) == [
        f"{HASH}.json: what nobody worked on in the database"
    ]


def test_twins_become_one_element() -> None:
    left = migrated(home(session(status="completed", updatedAt="2025-11-12T10:00:00.000Z"), session()))
    worked = session(task="worked on", status="completed", updatedAt="2025-11-12T10:00:00.000Z")
    assert faults(with_rows(left, worked), WORK, start=left, left=left) == []
    twice = faults(with_rows(left, worked, session()), WORK, start=left, left=left)
    assert twice == [f"{HASH}.json: s-1"]


def test_a_file_that_need_not_change_keeps_bytes_mode_and_time() -> None:
    path = f".ait42/sessions/{OTHER}.json"
    same = with_bytes(LEFT, LEFT.content(path) + b"\n", name=OTHER)
    assert faults(with_rows(same, WORKED, TWO), WORK) == [f"{OTHER}.json"]
    assert faults(with_rows(LEFT, WORKED, TWO).without(path), WORK) == [f"{OTHER}.json"]


def test_a_torn_file_is_a_fault() -> None:
    assert f"{HASH}.json" in faults(with_bytes(LEFT, b"[{"), WORK)


def test_a_new_session_lies_in_the_file_of_its_workspace() -> None:
    new = ("INSERT INTO sessions (id, workspace_path, type, task, status, created_at, updated_at) VALUES "
           "('s-9', '/home/user/project', 'debate', 't', 'running', 'a', 'b')")  # fmt: skip
    row = session("s-9", type="debate", task="t", createdAt="a", updatedAt="b", preserveWorktrees=False)
    assert faults(with_rows(LEFT, ONE, TWO, row), new) == []
    assert faults(with_rows(LEFT, session("s-3"), row, name=OTHER), new) == [f"{OTHER}.json: s-9"]
    assert faults(LEFT, new) == ["sessions: s-9"]
    torn = with_bytes(LEFT, b"[{")
    assert faults(torn, new, start=torn) == []
