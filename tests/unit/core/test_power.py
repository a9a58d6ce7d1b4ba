"""Loss of power: what may survive of recorded operations, under two models of a file system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from handwritten import home

from harness.course import Course, ReplayError
from harness.failed_force import forgotten
from harness.fault import Fault, Operation, Recording
from harness.home import Home
from harness.power import Model, state_key, state_of, survivors
from harness.replay import course_of, unlike

START = home({"old": "before", "folder/kept": "kept"})


def op(name: str, *paths: str | None, **more: Any) -> Operation:
    return Operation(name, paths, {"result": 0, **more})


def made(path: str, content: bytes, number: int, *, force: bool = True) -> list[Operation]:
    """The operations that write a new file; its content is number `number` of what was written."""
    fresh = 1000 + number
    written = [
        op("open", path, result=3, inode=fresh, mode=0o600, emptied=False),
        op("write", path, result=len(content), inode=fresh, offset=0, data=number),
    ]
    return [*written, *([op("fsync", path, inode=fresh)] if force else [])]


def left(operations: list[Operation], model: Model, contents: list[bytes]) -> list[dict[str, bytes]]:
    """All states that differ, as path to content of the files."""
    course = course_of(START, operations, contents)
    found: dict[int, dict[str, bytes]] = {}
    for one in survivors(course, len(operations), model):
        state = state_of(course, one, {0: START})
        files = {path: state.content(path) for path, entry in state.entries.items() if entry.kind == "file"}
        found.setdefault(state_key(state), files)
    return list(found.values())


def after_all(course: Course, count: int) -> Home:
    return course.tree(range(len(course.changes)), START)


def test_what_is_replayed_whole_is_the_tree_of_the_run() -> None:
    operations = [
        op("mkdir", "new", mode=0o700),
        *made("new/a", b"12345678", 0),
        op("write", "new/a", result=3, inode=1000, offset=6, data=1),
        op("truncate", "new/a", inode=1000, length=8),
        op("rename", "new/a", "new/b"),
        op("link", "new/b", "second"),
        op("symlink", "pointer", target="new/b"),
        op("chmod", "new/b", mode=0o640),
        op("unlink", "old"),
        op("mkdir", "failed", result=-28),
    ]
    tree = after_all(course_of(START, operations, [b"12345678", b"xyz"]), len(operations))
    assert sorted(tree.entries) == [".", "folder", "folder/kept", "new", "new/b", "pointer", "second"]
    assert tree.content("new/b") == tree.content("second") == b"123456xy"
    assert (tree.entries["new/b"].target, tree.entries["second"].target) == ("", "new/b")
    assert (tree.entries["second"].mode, tree.entries["pointer"].target) == (0o640, "new/b")
    assert tree.entries["folder/kept"] == START.entries["folder/kept"]


def test_writing_goes_on_in_a_file_that_has_lost_its_name() -> None:
    operations = [
        *made("a", b"one", 0, force=False),
        op("link", "a", "b"),
        op("unlink", "a"),
        op("write", None, result=3, inode=1000, offset=3, data=1),
    ]
    tree = after_all(course_of(START, operations, [b"one", b"two"]), 4)
    assert tree.content("b") == b"onetwo"


def test_strictly_a_file_needs_its_folder_forced_to_keep_its_name() -> None:
    operations = [*made("a", b"data", 0), op("mkdir", "later", mode=0o700)]
    assert left(operations, "strict", [b"data"])[0] != {}
    assert any("a" not in state for state in left([*operations, op("sync")], "strict", [b"data"]))
    forced = [*made("a", b"data", 0), op("fsync", "."), op("mkdir", "later", mode=0o700)]
    course = course_of(START, forced, [b"data"])
    late = [state_of(course, one, {0: START}) for one in survivors(course, 5, "strict") if one.at == 5]
    assert all(state.content("a") == b"data" for state in late)


def test_on_ext4_whatever_is_forced_takes_earlier_names_with_it() -> None:
    operations = [
        *made("a", b"first", 0, force=False),
        op("rename", "a", "b"),
        *made("other", b"second", 1),
    ]
    course = course_of(START, operations, [b"first", b"second"])
    states = [state_of(course, one, {0: START}) for one in survivors(course, len(operations), "ext4")]
    later = [state for state in states if "other" in state.entries]
    assert all("b" in state.entries for state in later)
    assert {state.content("b") for state in later} == {b"first", b""}
    assert {b"second", b""} < {state.content("other") for state in later}
    strict = [state_of(course, one, {0: START}) for one in survivors(course, len(operations), "strict")]
    assert any("b" not in state.entries for state in strict if "other" in state.entries)


def test_names_survive_in_order_on_ext4_and_in_any_order_strictly() -> None:
    operations = [op("mkdir", "one", mode=0o700), op("mkdir", "two", mode=0o700)]
    course = course_of(START, operations, [])
    found: Mapping[str, set[tuple[bool, bool]]] = {
        model: {
            ("one" in state.entries, "two" in state.entries)
            for state in (state_of(course, one, {0: START}) for one in survivors(course, 2, model))
        }
        for model in ("strict", "ext4")
    }
    assert found["ext4"] == {(False, False), (True, False), (True, True)}
    assert found["strict"] == found["ext4"] | {(False, True)}


def test_a_write_at_the_crash_may_be_torn() -> None:
    content = b"x" * 1024
    states = left(made("a", content, 0, force=False), "ext4", [content])
    assert {len(state["a"]) for state in states if "a" in state} == {0, 512, 1023, 1024}


def test_a_file_opened_to_be_forced_at_each_write_loses_none() -> None:
    operations = [
        op("open", "old", result=3, inode=7, mode=0o600, emptied=False),
        op("write", "old", result=5, inode=7, offset=0, data=0, synced=True),
    ]
    course = course_of(START, operations, [b"after"])
    end = [state_of(course, one, {0: START}) for one in survivors(course, 2, "strict") if one.at == 2]
    assert [state.content("old") for state in end] == [b"aftere"]


def test_the_same_operations_have_the_same_states() -> None:
    operations = [*made("a", b"1", 0, force=False), *made("b", b"2", 1, force=False), *made("c", b"3", 2)]
    course = course_of(START, operations, [b"1", b"2", b"3"])
    first, second = (list(survivors(course, len(operations), "strict")) for _ in range(2))
    assert first == second
    assert len({(one.kept, one.torn, one.at == len(operations)) for one in first}) == len(first)


def test_what_survives_once_the_run_is_over_counts_apart_from_the_same_before() -> None:
    operations = made("a", b"1", 0, force=False)
    found = list(survivors(course_of(START, operations, [b"1"]), len(operations), "strict"))
    nothing = [one.at for one in found if not one.kept]
    assert nothing == [0, len(operations)]


def test_only_strictly_a_length_may_survive_without_its_bytes() -> None:
    operations = made("a", b"whole", 0, force=False)
    strict, ext4 = (left(operations, model, [b"whole"]) for model in ("strict", "ext4"))
    assert bytes(5) in [state.get("a") for state in strict]
    assert bytes(5) not in [state.get("a") for state in ext4]


def test_bytes_that_could_not_be_forced_are_gone_even_if_they_are_forced_again() -> None:
    failed = [*made("a", b"lost", 0, force=False), op("fsync", "a", inode=1000, result=-5)]
    operations = [*failed, op("fsync", "a", inode=1000), *made("b", b"kept", 1)]
    recording = Recording(tuple(operations), {0: START}, (b"lost", b"kept"))
    whole = after_all(course_of(START, operations, recording.contents), 0)
    left_over = forgotten(START, recording, Fault("error", 2, "EIO"), whole)
    assert (whole.content("a"), left_over.content("a"), left_over.content("b")) == (b"lost", b"", b"kept")


def test_bytes_that_were_written_again_after_the_error_are_there() -> None:
    again = op("write", "a", result=4, inode=1000, offset=0, data=0)
    failed = [*made("a", b"lost", 0, force=False), op("fsync", "a", inode=1000, result=-5)]
    recording = Recording((*failed, again, op("fsync", "a", inode=1000)), {0: START}, (b"lost",))
    whole = after_all(course_of(START, recording.operations, recording.contents), 0)
    assert forgotten(START, recording, Fault("error", 2, "EIO"), whole).content("a") == b"lost"


def test_an_error_of_another_operation_makes_nobody_forget() -> None:
    recording = Recording((op("open", "a", result=-5),), {0: START})
    assert forgotten(START, recording, Fault("error", 0, "EIO"), START) is START


def test_a_replay_that_differs_from_the_pictures_of_the_run_is_told() -> None:
    operations = made("a", b"data", 0)
    course = course_of(START, operations, [b"data"])
    half = START.with_file("a", b"da", mode=0o600)
    assert list(unlike(course, {0: START, 2: half.with_file("a", b"data")})) == []
    assert list(unlike(course, {0: START, 2: half})) == [(2, "a: changed in size, content")]
    assert list(unlike(course, {2: half.with_file("a", b"data").with_file("a-shm", b"map")})) == []


@pytest.mark.parametrize(
    "strange", [op("rename", None, "a"), op("write", None, inode=5, offset=0, data=0), op("mknod", "fifo")]
)
def test_what_cannot_be_replayed_is_refused(strange: Operation) -> None:
    with pytest.raises(ReplayError):
        course_of(START, [strange], [b"x"])
