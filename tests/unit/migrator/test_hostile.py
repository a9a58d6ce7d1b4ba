"""Homes that are out to get the migrator: it ends soon, in little memory, with a reason for each, and never a traceback."""

import contextlib
import json
import os
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import UUID, Answer, LegacyHome, live

from migrator import files
from migrator.ao import yaml12

MEMORY = 256 << 20  # bytes of address space
SECONDS = 20.0  # generous: on a free machine the slowest of these takes two
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def limited(home: LegacyHome, *words: str) -> Answer:
    """Runs the command as a process of its own, which may take little memory and not much time."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "migrator", "ao", *words, "--home", str(home.root), "--json"],
        preexec_fn=limit,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[3],
    )
    assert time.monotonic() - began < SECONDS
    assert "Traceback" not in done.stderr, done.stderr
    return Answer(done.returncode, json.loads(done.stdout.splitlines()[-1]), done.stdout)


def reason(answer: Answer, name: str) -> str | None:
    [(_, why)] = [fate for source, fate in answer.fates().items() if source.endswith(name)]
    return why


def sparse(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.truncate(size)


def arrived(home: LegacyHome) -> set[str]:
    return {sid for (sid,) in home.rows("SELECT id FROM sessions")}


HOSTILE_RECORDS = {
    "a gibibyte of holes": (None, "too-large"),
    "a million lists inside one another": (b"[" * 1_000_000, "corrupt-json"),
    "ten thousand objects inside one another": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "corrupt-json"),
    "five million lists side by side": (b"[" + b"[]," * 5_000_000 + b"[]]", "too-large"),
    "a million digits": (b'{"n": ' + b"7" * 1_000_000 + b"}", None),
    "a key of ten million characters": (b'{"' + b"k" * 10_000_000 + b'": 1}', None),
    "ten million bytes that no migration uses": (
        json.dumps(live(prEnrichment="x" * 10_000_000)).encode(),
        None,
    ),
    "quotes without end": (b'{"' + b'\\"' * 3_000_000, "corrupt-json"),
    "raw noise": (bytes(range(256)) * 4_000, "corrupt-json"),
}


@pytest.mark.parametrize("what", HOSTILE_RECORDS)
def test_a_hostile_record_harms_itself_alone(home: LegacyHome, what: str) -> None:
    content, expected = HOSTILE_RECORDS[what]
    home.project("alpha", sessionPrefix="al")
    home.session("alpha", "al-1")
    home.session("alpha", "al-3")
    if content is None:
        sparse(home.session("alpha", "al-2"), 1 << 30)
    else:
        home.session("alpha", "al-2", content)
    home.database()
    answer = limited(home, "migrate")
    assert reason(answer, "/al-2.json") == expected
    assert answer.status == (4 if expected else 0)
    assert arrived(home) == {"al-1", "al-3"} | (set() if expected else {"al-2"})


HOSTILE_YAML = {
    "a gibibyte of holes": None,
    "aliases that unfold without end": BOMB,
    "ten thousand lists inside one another": "a: " + "[" * 10_000 + "]" * 10_000,
    "ten thousand mappings inside one another": "a: " + "{a: " * 10_000 + "}" * 10_000,
    "a mapping that is deeper with each line": "".join(f"{' ' * depth}a:\n" for depth in range(2_000)),
    "an alias inside its own anchor": "a: &a [*a]",
    "a list without end": "a: [" + "b, " * 100_000,
    "a text without end": 'a: "' + "b\n" * 100_000,
}


@pytest.mark.parametrize("what", HOSTILE_YAML)
def test_a_hostile_registry_is_refused_and_nothing_is_touched(home: LegacyHome, what: str) -> None:
    text = HOSTILE_YAML[what]
    home.session("alpha", "al-1")
    home.database()
    path = home.legacy / "config.yaml"
    if text is None:
        sparse(path, 1 << 30)
    else:
        path.write_text(text)
    before = os.stat(path).st_mtime_ns, os.stat(path).st_size
    answer = limited(home, "migrate")
    assert (answer.status, answer.code) == (3, "CONFIG_INVALID")
    assert str(path) in answer.report["message"]
    assert (os.stat(path).st_mtime_ns, os.stat(path).st_size) == before
    assert arrived(home) == set()


@pytest.mark.parametrize("what", HOSTILE_YAML)
def test_hostile_settings_leave_the_identity_of_their_project(home: LegacyHome, what: str) -> None:
    text = HOSTILE_YAML[what]
    path = home.project("alpha", sessionPrefix="al") / "agent-orchestrator.yaml"
    if text is None:
        sparse(path, 1 << 30)
    else:
        path.write_text(text)
    home.session("alpha", "al-1")
    home.database()
    answer = limited(home, "migrate")
    assert (answer.status, reason(answer, "agent-orchestrator.yaml")) == (4, "degraded-project")
    assert arrived(home) == {"al-1"}


def test_the_largest_yaml_that_is_read_takes_bounded_memory(home: LegacyHome) -> None:
    path = home.project("alpha", sessionPrefix="al") / "agent-orchestrator.yaml"
    path.write_text("x:\n" + "- {}\n" * 800_000)
    assert path.stat().st_size < yaml12.BOUND
    home.database()
    assert limited(home, "migrate").status == 0


def test_a_conversation_of_holes_is_set_aside_without_reading_it(home: LegacyHome) -> None:
    home.project("alpha", sessionPrefix="al")
    home.session(
        "alpha", "al-1", agent="claude-code", claudeSessionUuid=UUID, worktree=str(home.root / "tree")
    )
    sparse(home.transcript(home.root / "tree"), 1 << 40)
    home.database()
    answer = limited(home, "migrate")
    assert (answer.status, reason(answer, f"{UUID}.jsonl")) == (4, "too-large")
    assert arrived(home) == {"al-1"}


def test_a_git_configuration_of_holes_has_no_origin(home: LegacyHome) -> None:
    sparse(home.project("alpha", repo="git@git.example:a/b.git") / ".git" / "config", 1 << 40)
    home.database()
    assert limited(home, "migrate").status == 0
    assert home.rows("SELECT repo_origin_url FROM projects") == [("git@git.example:a/b.git",)]


def test_twenty_thousand_leftovers_are_named_in_seconds(home: LegacyHome) -> None:
    home.project("alpha", sessionPrefix="al")
    folder = home.session("alpha", "al-1").parent
    for number in range(20_000):
        (folder / f"al-{number}.json.lock").touch()
    home.database()
    answer = limited(home, "migrate")
    assert answer.report["counts"] == {
        "read": 20_002, "written": 2, "present": 0, "skipped": 20_000, "set_aside": 0,
    }  # fmt: skip


def test_nothing_in_the_tree_is_opened_that_could_block_or_act(home: LegacyHome) -> None:
    home.project("alpha", sessionPrefix="al")
    folder = home.session("alpha", "al-1").parent
    os.mkfifo(folder / "al-2.json")
    (folder / "al-3.json").symlink_to("/dev/zero")
    (folder / "al-4.json").symlink_to(folder / "al-4.json")
    with contextlib.suppress(PermissionError):  # only root may make devices
        os.mknod(folder / "al-5.json", 0o20666, os.makedev(1, 5))
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(folder)  # the path of a socket has little room
        try:
            listening.bind("al-6.json")
        finally:
            os.chdir(here)
        os.mkfifo(home.legacy / "last-stop.json")
        home.database()
        answer = limited(home, "migrate")
    odd = {path.name for path in folder.iterdir()} - {"al-1.json"}
    assert {reason(answer, f"/{name}") for name in odd} == {"not-a-regular-file"}
    assert arrived(home) == {"al-1"}


@pytest.mark.parametrize("verb", ["inspect", "plan", "migrate"])
def test_a_legacy_folder_that_links_to_itself_is_refused(home: LegacyHome, verb: str) -> None:
    home.database()
    (home.legacy / "config.yaml").unlink()
    home.legacy.rmdir()
    home.legacy.symlink_to(".agent-orchestrator")
    assert limited(home, verb).code == "CONFIG_INVALID"


# -- a legacy tool that goes on working --------------------------------------------------------------------------
def test_a_session_that_is_written_during_the_run_is_told(
    home: LegacyHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.project("alpha", sessionPrefix="al")
    path = home.session("alpha", "al-1", branch="before")
    read: Any = files.read

    def and_write(name: str, bound: int) -> Any:
        found = read(name, bound)
        if name == str(path):
            path.with_suffix(".part").write_text(json.dumps(live(branch="after, and longer")))
            path.with_suffix(".part").rename(path)
            home.session("alpha", "al-2")
        return found

    monkeypatch.setattr(files, "read", and_write)
    home.database()
    answer = home.run("migrate")
    assert answer.status == 0
    assert home.rows("SELECT branch FROM sessions") == [("before",)]
    told = [note["source"] for note in answer.report["notes"] if note["reason"] == "changed-meanwhile"]
    assert [source.rpartition("/")[2] for source in told] == ["al-1.json", "al-2.json"]


def test_a_session_that_goes_before_it_is_read_is_set_aside(
    home: LegacyHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.project("alpha", sessionPrefix="al")
    home.session("alpha", "al-1")
    gone = home.session("alpha", "al-2")
    read: Any = files.read

    def too_late(name: str, bound: int) -> Any:
        if name == str(gone):
            gone.unlink()
        return read(name, bound)

    monkeypatch.setattr(files, "read", too_late)
    home.database()
    answer = home.run("migrate")
    assert (answer.status, reason(answer, "/al-2.json")) == (4, "unreadable")
    assert arrived(home) == {"al-1"}


def test_a_session_that_goes_after_it_was_read_is_told(
    home: LegacyHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.project("alpha", sessionPrefix="al")
    path = home.session("alpha", "al-1")
    read: Any = files.read

    def and_remove(name: str, bound: int) -> Any:
        found = read(name, bound)
        if name == str(path):
            path.unlink()
        return found

    monkeypatch.setattr(files, "read", and_remove)
    home.database()
    answer = home.run("migrate")
    assert "changed-meanwhile" in {note["reason"] for note in answer.report["notes"]}


def test_a_file_that_grows_while_it_is_read_is_read_whole_or_not_at_all(
    home: LegacyHome, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "growing"
    path.write_bytes(b"a")
    real = os.fstat

    def and_grow(fd: int) -> os.stat_result:
        found = real(fd)
        if os.readlink(f"/proc/self/fd/{fd}") == str(path) and path.stat().st_size == 1:
            path.write_bytes(b"a" * 5_000_000)
        return found

    monkeypatch.setattr(os, "fstat", and_grow)
    assert len(files.read(str(path), 8_000_000)[0]) in {1, 5_000_000}
    path.write_bytes(b"a")
    with pytest.raises(files.TooLargeError):
        files.read(str(path), 3_000_000)
