"""A home as a value: where links lead, what differs, and that its manifest gives it back."""

from __future__ import annotations

import json

import pytest
from handwritten import BORN, ROOT, home
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from harness.home import Blobs, Change, ContentNotHeldError, Entry, Home, digest_of

LINKS = (
    home({"real/file": "x", "real/deep/leaf": "y"})
    .with_link("relative", "real")
    .with_link("absolute", f"{ROOT}/real")
    .with_link("first", "second")
    .with_link("second", "third")
    .with_link("third", "real/deep")
    .with_link("real/up", "..")
    .with_link("out", "/etc")
    .with_link("climbs-out", "../../etc")
    .with_link("self", "self")
    .with_link("ping", "pong")
    .with_link("pong", "ping/on")
    .with_link("dangling", "nowhere/at/all")
    .with_link("roundabout", "./real//./deep/../file")
)


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("real/file", f"{ROOT}/real/file"),
        ("relative/file", f"{ROOT}/real/file"),
        ("absolute/deep/leaf", f"{ROOT}/real/deep/leaf"),
        ("first/leaf", f"{ROOT}/real/deep/leaf"),
        ("relative/up/absolute/file", f"{ROOT}/real/file"),
        ("first/../file", f"{ROOT}/real/file"),
        ("out/passwd", "/etc/passwd"),
        ("climbs-out/passwd", "/etc/passwd"),
        ("dangling/x", f"{ROOT}/nowhere/at/all/x"),
        ("roundabout", f"{ROOT}/real/file"),
        ("no/such/thing", f"{ROOT}/no/such/thing"),
        ("./real/./file", f"{ROOT}/real/file"),
        ("../../../../..", "/"),
    ],
)
def test_a_path_leads_where_the_kernel_would_go(asked: str, leads_to: str) -> None:
    assert LINKS.resolve(f"{ROOT}/{asked}") == leads_to


@pytest.mark.parametrize("asked", ["self", "ping", "self/below", "ping/below/.."])
def test_a_loop_of_links_comes_to_an_end(asked: str) -> None:
    assert LINKS.resolve(f"{ROOT}/{asked}").startswith(f"{ROOT}/")


def test_forty_links_are_followed_and_no_more() -> None:
    chain = home({"end": ""})
    for number in range(41):
        chain = chain.with_link(f"{number:02}", f"{number - 1:02}" if number else "end")
    assert chain.resolve(f"{ROOT}/39") == f"{ROOT}/end"
    assert chain.resolve(f"{ROOT}/40") == f"{ROOT}/00"


def test_a_way_out_and_back_in_is_followed() -> None:
    assert LINKS.resolve(f"{ROOT}/climbs-out/../{ROOT}/relative/file") == f"{ROOT}/real/file"


def test_looking_up_follows_links_and_getting_does_not() -> None:
    direct = LINKS.get("real/file")
    assert LINKS.lookup(f"{ROOT}/absolute/file") == direct
    assert LINKS.get("absolute/file") is None
    assert LINKS.lookup(f"{ROOT}/out/passwd") is None
    assert LINKS.lookup(f"{ROOT}/nothing") is None


@pytest.mark.parametrize(
    ("absolute", "relative"),
    [
        (ROOT, "."),
        (f"{ROOT}/", "."),
        (f"{ROOT}/a//b/./c", "a/b/c"),
        (f"{ROOT}/a/../..", None),
        (f"{ROOT}/a/../b", "b"),
        (f"{ROOT}er/a", None),
        ("/", None),
        ("a/b", None),
        ("", None),
    ],
)
def test_a_relative_path_is_given_for_what_lies_inside_only(absolute: str, relative: str | None) -> None:
    assert home().relative(absolute) == relative


def test_children_are_direct_and_files_under_are_all() -> None:
    tree = home({"a/b/c": "", "a/d": "", "ab/e": "", "f": ""})
    assert tree.children(".") == ["a", "ab", "f"]
    assert tree.children("a") == ["b", "d"]
    assert list(tree.files_under("a")) == ["a/b/c", "a/d"]
    assert list(tree.files_under(".")) == ["a/b/c", "a/d", "ab/e", "f"]


def test_content_is_given_for_files_that_were_kept() -> None:
    tree = home({"a": b"\x00\xff"}).with_link("link", "a")
    assert tree.content("a") == b"\x00\xff"
    for path in ("link", ".", "absent"):
        with pytest.raises(KeyError):
            tree.content(path)
    large = tree.with_entry("large", Entry("file", 0o600, 0, 10**12, digest_of(b"large")))
    with pytest.raises(ContentNotHeldError, match="large: 1000000000000 bytes were not kept"):
        large.content("large")


def test_changes_are_sorted_and_say_what_differs() -> None:
    before = home({"b": "1", "gone": "", "mode": ""}).with_link("link", "b")
    after = before.with_file("b", b"22").without("gone").with_mode("mode", 0o600).with_link("link", "mode")
    after = after.with_kind("a", "fifo")
    told = {change.path: change.describe() for change in before.changes_to(after)}
    assert list(told) == ["a", "b", "gone", "link", "mode"]
    assert told == {
        "a": "fifo appeared",
        "b": "changed in size, content",
        "gone": "file vanished",
        "link": "changed in target",
        "mode": "changed in mode",
    }


def test_times_count_only_when_asked_for() -> None:
    before = home({"a": "same"})
    after = before.with_file("a", b"same", mtime_ns=BORN + 1)
    assert not list(before.changes_to(after))
    (change,) = before.changes_to(after, times=True)
    assert change.describe() == "changed in mtime_ns"


def test_a_file_in_place_of_a_directory_is_a_change_of_kind_and_of_all_below() -> None:
    before = home({"a/b": "x"})
    after = before.with_file("a", b"x")
    assert [change.path for change in before.changes_to(after)] == ["a", "a/b"]
    assert after.get("a/b") is None


def test_a_change_from_nothing_to_nothing_is_none() -> None:
    assert Change("a", None, None).describe() == "nothing"


def test_building_makes_a_new_picture_and_leaves_the_old_one() -> None:
    before = home({"a/b": "1"})
    rows = before.manifest()
    after = before.with_file("a/b", b"2").with_file("x/y/z", b"").with_link("a/l", "b").without("a/b")
    assert before.manifest() == rows
    assert before.content("a/b") == b"1"
    assert sorted(after.entries) == [".", "a", "a/l", "x", "x/y", "x/y/z"]
    assert after.entries["x/y"] == Entry("dir", 0o755, BORN)


def test_replacing_a_file_keeps_its_mode_and_time_unless_told_otherwise() -> None:
    old = home().with_file("a", b"1", mode=0o600, mtime_ns=7)
    assert old.with_file("a", b"22").entries["a"] == Entry("file", 0o600, 7, 2, digest_of(b"22"))
    fresh = old.with_file("a", b"22", mode=0o640, mtime_ns=8).entries["a"]
    assert (fresh.mode, fresh.mtime_ns) == (0o640, 8)


def test_removing_takes_what_lies_below_and_nothing_beside() -> None:
    assert sorted(home({"a/b/c": "", "a/b2": "", "ab": ""}).without("a/b").entries) == [
        ".",
        "a",
        "a/b2",
        "ab",
    ]


def test_a_link_or_a_fifo_takes_the_place_of_a_directory() -> None:
    tree = home({"a/b": ""})
    for replaced in (tree.with_link("a", "x"), tree.with_kind("a", "socket")):
        assert sorted(replaced.entries) == [".", "a"]


NAMES = st.binary(min_size=1, max_size=4).filter(
    lambda name: not set(name) & set(b"/\0") and name not in {b".", b".."}
)


@given(st.dictionaries(NAMES, st.binary(max_size=5)), NAMES)
def test_a_manifest_gives_the_same_home_back_through_json_whatever_the_names(
    files: dict[bytes, bytes], target: bytes
) -> None:
    tree = home({f"d/{name.decode('utf-8', 'surrogateescape')}": content for name, content in files.items()})
    tree = tree.with_link("link", target.decode("utf-8", "surrogateescape"))
    rows = json.loads(json.dumps(tree.manifest()).encode("ascii"))
    again = Home.from_manifest(ROOT, rows, tree.blobs)
    assert again == tree
    assert {path.encode("utf-8", "surrogateescape") for path in again.files_under("d")} == {
        b"d/" + n for n in files
    }
    assert all(again.content(path) == tree.content(path) for path in tree.files_under("."))


def test_a_manifest_is_sorted_and_plain() -> None:
    tree = home({"b": "x", "a": ""})
    assert tree.manifest()[0] == [".", "dir", 0o700, BORN, 0, "", ""]
    assert [row[0] for row in tree.manifest()] == [".", "a", "b"]


def test_equal_trees_at_other_places_are_not_equal() -> None:
    assert home({"a": "1"}) == home({"a": "1"})
    assert home({"a": "1"}) != home({"a": "1"}, root="/home/w")


def test_contents_are_held_once() -> None:
    blobs = Blobs()
    assert blobs.keep(b"same") == blobs.keep(b"same") == digest_of(b"same")
    assert list(blobs.values()) == [b"same"]


def test_a_second_name_is_of_the_same_file_as_long_as_nothing_is_changed_under_one_of_the_two() -> None:
    one = Home.empty("/home/u").with_file("a", b"x")
    linked = one
    for name in ("b", "c"):
        linked = linked.with_entry(name, structs.replace(one.entries["a"], target="a"))
    assert linked.with_names_apart() is linked
    for changed in (linked.with_file("a", b"y"), linked.with_mode("a", 0o600), linked.without("a")):
        apart = changed.with_names_apart()
        assert [apart.entries[name].target for name in ("b", "c")] == ["", "b"]
        assert apart.content("b") == apart.content("c") == b"x"
    lone = linked.with_mode("b", 0o600).with_names_apart()
    assert [lone.entries[name].target for name in ("b", "c")] == ["", "a"]
