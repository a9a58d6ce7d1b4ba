"""Histories on disk: what is loaded is what was saved, and what is damaged is said to be so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from handwritten import event, home

from harness.history import Event, History, HistoryError, Kill, load, save
from harness.home import ContentNotHeldError, Entry, digest_of
from harness.pack import BlobPack, PackError
from harness.sut import Outcome

BEFORE = home({"a": b"\x00\xff", "deep/b": "text"}).with_link("link", "caf\udce9").with_kind("pipe", "fifo")
AFTER = BEFORE.with_file("odd-\udcff-name", b"new").with_mode("deep", 0o700)
EVENTS = (
    event(BEFORE, AFTER, report={"records": [None, 1, 1.5, "\ud800"]}, stdout="said\n", seconds=1.25),
    event(
        AFTER,
        step=2,
        do="rollback",
        outcome="unknown",
        signal=9,
        timed_out=True,
        meanwhile="daemon",
        conditions=frozenset({"alive", "locked"}),
        report="text, \udcff no JSON",
        stderr="\ufffd",
    ),
    event(AFTER, BEFORE, step=3, do="verify", outcome="refused", report=None, strays=("git",)),
    event(BEFORE, step=4, outcome="unknown", signal=9, kill=Kill(0.125, landed=True, clean=AFTER)),
    event(BEFORE, step=5, kill=Kill(0.5, landed=False)),
)
HISTORY = History(BEFORE, EVENTS, {"state": "State(…)", "damage": ["torn"], "seed": 7})


@pytest.fixture
def blobs(tmp_path: Path) -> Iterator[BlobPack]:
    """An empty pack."""
    pack = BlobPack(tmp_path)
    yield pack
    pack.close()


def reopened(tmp_path: Path) -> BlobPack:
    return BlobPack(tmp_path)


def test_a_loaded_history_is_the_saved_one(tmp_path: Path, blobs: BlobPack) -> None:
    save(HISTORY, tmp_path / "case", blobs)
    again = load(tmp_path / "case", reopened(tmp_path))
    assert again == HISTORY


def test_a_history_of_the_first_release_is_still_read(tmp_path: Path, blobs: BlobPack) -> None:
    save(HISTORY, tmp_path / "case", blobs)
    path = tmp_path / "case/events.jsonl"
    head, *rows = (json.loads(line) for line in path.read_text().splitlines())
    for row in rows:
        for name in ("litter", "strays", "kill"):
            del row[name]
    path.write_text("".join(json.dumps(row) + "\n" for row in [head, *rows]))
    again = load(tmp_path / "case", blobs)
    assert again.events == tuple(replace(event, strays=(), kill=None) for event in EVENTS)


def test_contents_come_from_the_pack(tmp_path: Path, blobs: BlobPack) -> None:
    save(HISTORY, tmp_path / "case", blobs)
    pack = reopened(tmp_path)
    after = load(tmp_path / "case", pack).events[0].after
    assert {path: after.content(path) for path in after.files_under(".")} == {
        "a": b"\x00\xff",
        "deep/b": b"text",
        "odd-\udcff-name": b"new",
    }
    pack.close()


def test_a_history_without_steps_keeps_its_home(tmp_path: Path, blobs: BlobPack) -> None:
    save(History(BEFORE, ()), tmp_path / "case", blobs)
    assert load(tmp_path / "case", blobs) == History(BEFORE, ())


def test_each_tree_is_written_once(tmp_path: Path, blobs: BlobPack) -> None:
    save(HISTORY, tmp_path / "case", blobs)
    assert sorted(path.name for path in (tmp_path / "case").iterdir()) == [
        "events.jsonl",
        "tree-0.jsonl",
        "tree-1.jsonl",
    ]


def test_each_content_is_written_once_over_all_cases(tmp_path: Path, blobs: BlobPack) -> None:
    save(HISTORY, tmp_path / "one", blobs)
    size = (tmp_path / "blobs.bin").stat().st_size
    save(HISTORY, tmp_path / "two", blobs)
    again = reopened(tmp_path)
    save(HISTORY, tmp_path / "three", again)
    assert (tmp_path / "blobs.bin").stat().st_size == size
    assert len((tmp_path / "blobs.jsonl").read_text().splitlines()) == 3


def test_a_content_that_was_too_large_to_keep_stays_unkept(tmp_path: Path, blobs: BlobPack) -> None:
    large = BEFORE.with_entry("large", Entry("file", 0o600, 0, 10**10, digest_of(b"large")))
    save(History(large, ()), tmp_path / "case", blobs)
    with pytest.raises(ContentNotHeldError, match="large"):
        load(tmp_path / "case", blobs).home.content("large")


def test_long_output_is_kept_from_its_end(tmp_path: Path, blobs: BlobPack) -> None:
    talkative = replace(EVENTS[0], stdout="x" * 30_000 + "end")
    save(History(BEFORE, (talkative,)), tmp_path / "case", blobs)
    kept = load(tmp_path / "case", blobs).events[0].stdout
    assert len(kept) == 20_000
    assert kept.endswith("xend")


def test_a_case_is_never_written_over_another(tmp_path: Path, blobs: BlobPack) -> None:
    save(HISTORY, tmp_path / "case", blobs)
    with pytest.raises(FileExistsError):
        save(HISTORY, tmp_path / "case", blobs)


@pytest.mark.parametrize("name", ["events.jsonl", "tree-0.jsonl", "tree-1.jsonl"])
@pytest.mark.parametrize(
    "damage", [None, b"", b"{", b"[]\n", b"5\n5\n", b"{}\n{}\n", b'"\xff"\n', b'[1]\n["a", "file"]\n']
)
def test_a_damaged_case_is_named(tmp_path: Path, blobs: BlobPack, name: str, damage: bytes | None) -> None:
    save(HISTORY, tmp_path / "case", blobs)
    path = tmp_path / "case" / name
    path.unlink() if damage is None else path.write_bytes(damage)
    with pytest.raises(HistoryError, match=f"{tmp_path}/case: not a stored case"):
        load(tmp_path / "case", blobs)


def test_a_case_of_another_version_is_named(tmp_path: Path, blobs: BlobPack) -> None:
    save(HISTORY, tmp_path / "case", blobs)
    path = tmp_path / "case" / "events.jsonl"
    head, first, *_ = path.read_text().splitlines()
    row: dict[str, Any] = json.loads(first)
    path.write_text(head + "\n" + json.dumps(row | {"weather": "fine"}) + "\n")
    with pytest.raises(HistoryError, match="weather"):
        load(tmp_path / "case", blobs)


# -- the pack ------------------------------------------------------------------------------------------------------
def test_a_pack_gives_back_what_was_added(tmp_path: Path, blobs: BlobPack) -> None:
    contents = [b"", b"a", b"a" * 100_000, bytes(range(256))]
    for content in contents:
        blobs.add(digest_of(content), content)
        assert blobs[digest_of(content)] == content
    pack = reopened(tmp_path)
    assert [pack[digest_of(content)] for content in contents] == contents
    assert digest_of(b"a") in pack
    assert digest_of(b"b") not in pack
    pack.close()
    assert pack[digest_of(b"a")] == b"a"
    pack.close()


@pytest.mark.parametrize("place", [0, 5, -1])
def test_a_damaged_pack_is_named(tmp_path: Path, blobs: BlobPack, place: int) -> None:
    digest = blobs.keep(b"some content")
    blobs.add(digest, b"some content")
    data = bytearray((tmp_path / "blobs.bin").read_bytes())
    data[place] ^= 0x55
    (tmp_path / "blobs.bin").write_bytes(data)
    with (
        closing(reopened(tmp_path)) as pack,
        pytest.raises(PackError, match=f"blobs.bin: the content {digest}"),
    ):
        pack[digest]


def test_a_pack_that_was_cut_off_is_named(tmp_path: Path, blobs: BlobPack) -> None:
    digest = digest_of(b"some content")
    blobs.add(digest, b"some content")
    data = (tmp_path / "blobs.bin").read_bytes()
    for end in (0, len(data) - 1):
        (tmp_path / "blobs.bin").write_bytes(data[:end])
        with closing(reopened(tmp_path)) as pack, pytest.raises(PackError):
            pack[digest]


def test_a_content_in_place_of_another_is_noticed(tmp_path: Path, blobs: BlobPack) -> None:
    blobs.add(digest_of(b"one"), b"two")
    with pytest.raises(PackError, match="does not match its digest"):
        blobs[digest_of(b"one")]


# -- an event in words ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("happened", "words"),
    [
        (event(BEFORE), "done (exit status 0)"),
        (event(BEFORE, outcome="unknown", status=77), "unknown (exit status 77)"),
        (event(BEFORE, outcome="unknown", signal=15), "killed by signal 15"),
        (event(BEFORE, outcome="unknown", signal=9, timed_out=True, seconds=60.4), "no end within 60 s"),
    ],
)
def test_an_end_is_told_in_words(happened: Event, words: str) -> None:
    assert happened.ended() == words


def test_success_is_what_the_migrator_claims_as_such() -> None:
    assert [o for o in get_args(Outcome) if event(BEFORE, outcome=o).succeeded] == ["done", "partial"]
