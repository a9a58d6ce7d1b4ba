"""Homes are those that the editor itself would leave: bytes, names, times; drawn the same from the same seed."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from harness.home import Home
from harness.systems.ait42 import naming
from harness.systems.ait42.legacy import draw, states, write
from harness.systems.ait42.model import Instance, LegacyState, Message, Session, Shape, Workspace
from harness.systems.ait42.oracle import expect
from harness.systems.ait42.session_text import document


def contents(home: Home) -> dict[str, bytes]:
    return {path: home.content(path) for path in home.files_under(".ait42/sessions")}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/user/project", "9dad1e4e08b0b11c"),
        ("", "e3b0c44298fc1c14"),
        ("/home/ユーザー/プロジェクト", "9f2dba25c263a456"),
        ("/", "8a5edab282632443"),
    ],
)
def test_files_are_named_as_the_editor_names_them(path: str, name: str) -> None:
    assert naming.file_hash(path) == name


def test_a_session_file_is_written_as_serde_writes_it() -> None:
    chat = (Message("msg-1", content='日本語 "q" / \\ \x1b[1m\n\x7f', instance=0),)
    text = document(
        [Session("s", task="a\u2028b", instances=(Instance(0, "{workspace}/t"),), chat=chat)], "/w"
    ).decode()
    assert text.startswith('[\n  {\n    "id": "s",\n    "type": "competition",\n    "task": "a\u2028b",\n')
    assert '"content": "日本語 \\"q\\" / \\\\ \\u001b[1m\\n\x7f"' in text
    assert '"worktreePath": "/w/t"' in text
    assert '"runtimeMix": null' in text
    assert text.endswith("]")
    assert document([], "/w") == b"[]"
    assert list(json.loads(text)[0])[-1] == "totalLinesDeleted"


def test_both_time_formats_are_those_of_their_languages() -> None:
    assert naming.javascript_time(1_762_851_600_007) == "2025-11-11T09:00:00.007Z"
    for rest, shown in ((0, ""), (7_000_000, ".007"), (7_100, ".000007100"), (7_000, ".000007")):
        assert naming.rust_time(1_762_851_600 * 10**9 + rest) == f"2025-11-11T09:00:00{shown}+00:00"


def test_a_seed_stands_for_one_home_and_no_other() -> None:
    shape = Shape(workspaces=3, sessions=4)
    one, two, other = (write(draw(shape, seed), "/home/u") for seed in (1, 1, 2))
    assert one == two
    assert contents(one) != contents(other)


def test_another_workspace_changes_no_file_of_the_first() -> None:
    few, many = (write(draw(Shape(workspaces=n, sessions=4, user="u"), 1), "/home/u") for n in (2, 5))
    assert contents(few).items() < contents(many).items()


@pytest.mark.parametrize("root", ["/home/u", '/home/a "b" \\ é'])
def test_drawn_elements_are_written_as_their_values_would_be(root: str) -> None:
    shape = Shape(workspaces=6, sessions="0..9", instances="0..3", messages="0..5", long="some", user="u")
    for seed in range(5):
        state = draw(shape, seed)
        values = [replace(place, sessions=tuple(place.sessions)) for place in state.workspaces]
        older = state.older and tuple(state.older)
        assert write(state, root) == write(replace(state, workspaces=tuple(values), older=older), root)


def test_elements_are_the_same_however_often_they_are_asked_for() -> None:
    one, two = (draw(Shape(workspaces=2, sessions=4, user="u"), 1) for _ in range(2))
    write(one, "/elsewhere")
    assert one == two
    assert one.workspaces[0].sessions == tuple(two.workspaces[0].sessions)
    assert one.workspaces[0].sessions != one.workspaces[1].sessions
    assert "{workspace}" in str(one)


@pytest.mark.parametrize("shape", [Shape(), Shape(workspaces=4, sessions="2..6", split="all", long="all")])
def test_whole_homes_need_no_record_set_aside(shape: Shape) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(states(shape))
    def small(state: LegacyState) -> None:
        assert expect(write(state, state.root)).outcome == "done"

    small()
    for seed in range(10):
        state = draw(shape, seed)
        assert expect(write(state, state.root)).outcome == "done"


def test_the_pool_draws_all_that_the_editor_is_known_to_leave() -> None:
    state = draw(Shape(workspaces=20, sessions=10, split="some", mapped="0.8", debates="0.3", long="0.1"), 3)
    home = write(state, state.root)
    expected = expect(home)
    reasons = Counter(fate.reason for fate in expected.fates)
    assert reasons["duplicate-session"] > 10
    assert {"archived", "idle"} <= {row["status"] for row in expected.tables["instances"].values()}
    text = b"".join(contents(home).values()).decode()
    for known in ("round_2", "+00:00", 'Z"', "\\u001b[32m", "🤖", "Debate in progress", "-response"):
        assert known in text, known
    assert any(len(row["content"]) > 10_000 for row in expected.tables["chat_messages"].values())


def test_odd_homes_are_odd() -> None:
    reasons: set[str | None] = set()

    @settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(states(Shape(clean=False, workspaces="1..3")))
    def small(state: LegacyState) -> None:
        expected = expect(write(state, state.root))
        reasons.update(row["reason"] for row in expected.tables.get("migration_issues", {}).values())
        reasons.update(fate.reason for fate in expected.fates)

    small()
    assert reasons >= {
        "status-replaced", "runtime-empty", "runtime-replaced", "timeout-zero", "out-of-range", "role-replaced",
        "message-id-collision", "duplicate-instance", "dangling-instance", "dangling-winner", "unknown-type",
    }  # fmt: skip


def test_a_link_to_a_workspace_has_a_file_of_its_own() -> None:
    debate = Session("d", type="debate", status="round_1")
    workspace = Workspace("code/a", (Session("s"),), spelling="link", debates=(debate,))
    home = write(LegacyState(workspaces=(workspace,)), "/home/u")
    assert len(contents(home)) == 2
    assert home.entries["code/a-link"].target == "/home/u/code/a"
    rows = expect(home).tables["sessions"]
    assert rows["s"]["workspace_path"] == "/home/u/code/a"
    assert str(rows["d"]["workspace_path"]).startswith("unknown:")


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"sessions": "x"}, "span"),
        ({"twins": "2"}, "share"),
        ({"user": "a/b"}, "directory"),
        ({"damages": 1}, "damage"),
    ],
)
def test_a_shape_that_makes_no_sense_is_refused(asked: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Shape(**asked)  # type: ignore[arg-type]
