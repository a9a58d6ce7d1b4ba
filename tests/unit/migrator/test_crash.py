"""Killed anywhere, then run again or rolled back: the same end as without the crash."""

import contextlib
import errno
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from conftest import LegacyHome, Picture

from migrator import files
from migrator.journal import Run

KILLED = 9
OPS = {
    "open",
    "os.rename",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rmdir",
    "os.truncate",
    "os.utime",
    "sqlite3.connect",
    "fsync",
}


def killed_at(home: LegacyHome, number: int, verb: str) -> int | None:
    """Runs the verb in a child that dies before its change number `number`; None when it lived to the end."""
    child = os.fork()
    if child == 0:
        _doomed(home, number, verb)
    _, status = os.waitpid(child, 0)
    return None if os.waitstatus_to_exitcode(status) != KILLED else number


def _doomed(home: LegacyHome, number: int, verb: str) -> None:
    left = [number]
    inside = str(home.root)

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in OPS or (event == "open" and not isinstance(arguments[2], int)):
            return
        if event == "open" and not arguments[2] & (os.O_CREAT | os.O_TRUNC):
            return
        if event != "fsync" and inside not in os.fsdecode(
            arguments[0] if not isinstance(arguments[0], int) else inside
        ):
            return
        left[0] -= 1
        if left[0] < 0:
            os._exit(KILLED)

    real = os.fsync

    def fsync(fd: int) -> None:
        count("fsync", ())
        real(fd)

    os.fsync = fsync  # type: ignore[assignment]
    sys.addaudithook(count)
    try:
        home.run(*verb.split())
    finally:
        os._exit(0)


def points(home: LegacyHome, verb: str, *, every: int = 1) -> Iterator[int]:
    """Every crash point in turn, or one of as many; the home must be put back between them."""
    number = 0
    while killed_at(home, number, verb) is not None:
        yield number
        number += every


def target(home: LegacyHome) -> tuple[Any, ...]:
    """What the new system would see; row numbers and times of the journal aside."""
    tables = [
        home.rows(f"SELECT * FROM {table} ORDER BY 1") for table in ("projects", "sessions", "change_log")
    ]
    copies = {name: seen for name, seen in home.picture(state=False).items() if ".claude" in name and seen[2]}
    return (*tables, copies)


def test_a_killed_migration_is_completed_by_the_next_run_and_can_be_taken_back(filled: LegacyHome) -> None:
    before = filled.picture(state=False)
    filled.run("migrate")
    clean = target(filled)
    filled.run("rollback")
    assert filled.picture(state=False) == before
    count = 0
    for count in points(filled, "migrate"):
        done = filled.run("status").report["message"].endswith("is done.")
        answer = filled.run("migrate")
        assert (answer.status, answer.report["counts"]["written"]) == (4, 0 if done else 6), count
        assert target(filled) == clean, count
        assert filled.run("rollback").status == 0, count
        assert filled.picture(state=False) == before, count
        assert not filled.run("rollback").report["changed"], count
    assert count > 40
    filled.run("rollback")
    assert filled.picture(state=False) == before


def test_a_killed_migration_can_be_rolled_back_at_once(filled: LegacyHome) -> None:
    before = filled.picture(state=False)
    for count in points(filled, "migrate"):
        whole = filled.picture()
        status = filled.run("status")
        assert filled.picture() == whole, count
        assert filled.run("rollback").status == 0, (count, status.report["message"])
        assert filled.picture(state=False) == before, count
    assert filled.run("status").report["message"].endswith("is done.")


@pytest.mark.parametrize("after", ["rollback", "migrate"])
def test_a_killed_rollback_is_settled_by_the_next_run(filled: LegacyHome, after: str) -> None:
    before = filled.picture(state=False)
    filled.run("migrate")
    clean = target(filled)
    for count in points(filled, "rollback"):
        answer = filled.run(after)
        if after == "rollback":
            assert answer.status == 0, count
            assert filled.picture(state=False) == before, count
            filled.run("migrate")
        assert target(filled) == clean, count
        assert filled.run("verify").status == 0, count


def work(home: LegacyHome) -> None:
    """What others do after a migration: rows that stand alone, rows that do not, and a longer transcript."""
    columns = "id, project_id, num, activity_last_at, created_at, updated_at"
    home.execute(
        "INSERT INTO projects (id, path, registered_at) VALUES ('own', '/own', '2026-01-01');"
        f"INSERT INTO sessions ({columns}) VALUES ('al-7', 'alpha', 7, 'now', 'now', 'now');"
        "UPDATE sessions SET branch = 'done/it' WHERE id = 'be-3';"
    )
    for path in home.root.glob(".claude/projects/*-ao-data-*/*.jsonl"):
        with path.open("a") as stream:
            stream.write("more\n")


def exported(home: LegacyHome) -> tuple[set[str], set[bytes]]:
    """Ids of the exported sessions, and the exported files."""
    state = home.root / ".local/state/migrator/ao"
    texts = [path.read_text() for path in state.glob("*/export*/sessions.jsonl")]
    ids = {json.loads(line)["id"] for text in texts for line in text.splitlines()}
    return ids, {path.read_bytes() for path in state.glob("*/export*/files/**/*.jsonl")}


class Worked:
    """A migrated home that others have worked on, and what must be true of it after a rollback that was killed."""

    def __init__(self, home: LegacyHome) -> None:
        self.home, self.start = home, home.root.with_name("start")
        self.clean = {name for name in home.picture(state=False) if "ao.db" not in name}
        home.run("migrate")
        self.copies = target(home)[3].keys()
        work(home)
        shutil.copytree(home.root, self.start, symlinks=True)

    def again(self) -> None:
        shutil.rmtree(self.home.root)
        shutil.copytree(self.start, self.home.root, symlinks=True)

    def settled(self, after: str, count: int) -> None:
        home = self.home
        assert home.run(after).status == (0 if after == "rollback" else 4), count
        assert not (home.root / ".ao/data/ao.db-wal").exists(), count
        ids, texts = exported(home)
        begun = home.rows("SELECT count(*) FROM sessions WHERE id = 'al-7'") == [(0,)]
        assert begun or after == "migrate", count
        if begun:
            assert (ids, {text[-5:] for text in texts}) == ({"be-3", "al-7"}, {b"more\n"}), count
        if after == "rollback":
            assert home.rows("SELECT id FROM projects") == [("own",)], count
            assert {name for name in home.picture(state=False) if "ao.db" not in name} == self.clean, count
            folders = [path.name for path in home.root.glob(".local/state/migrator/ao/*/export*")]
            assert folders == ["export"], count
        else:
            assert target(home)[3].keys() == self.copies, count
            assert len(home.rows("SELECT id FROM projects")) == 3, count
            assert home.run("verify").status == (0 if begun else 6), count


@pytest.mark.parametrize("after", ["rollback", "migrate"])
def test_a_killed_rollback_over_new_work_loses_nothing(filled: LegacyHome, after: str) -> None:
    count, worked = 0, Worked(filled)
    for count in points(filled, "rollback"):
        worked.settled(after, count)
        worked.again()
    assert count > 30


def test_a_rollback_that_is_killed_at_any_moment_loses_nothing(filled: LegacyHome) -> None:
    worked, rng = Worked(filled), Random(7)
    words = [sys.executable, "-m", "migrator", "ao", "rollback", "--home", str(filled.root)]
    begin = time.monotonic()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    length = time.monotonic() - begin
    killed = 0
    for count in range(30):
        worked.again()
        with subprocess.Popen(words, stdout=subprocess.DEVNULL) as child:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(length * (0.3 + 0.7 * rng.random()))
            child.kill()
        killed += child.returncode == -KILLED
        worked.settled("migrate" if count % 3 == 0 else "rollback", count)
    assert killed


def interrupted(home: LegacyHome, stage: str) -> None:
    """A run that was killed right after `stage` was noted."""
    child = os.fork()
    if child == 0:
        real = Run.add

        def add(self: Run, state: str, **facts: Any) -> None:
            real(self, state, **facts)
            if state == stage:
                os._exit(KILLED)

        Run.add = add  # type: ignore[method-assign]
        home.run("migrate")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED


class Disk:
    """Forcing, linking, naming and making fail: once, or from then on until `mended`."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.left, self.sticky, self.hit = 10**9, False, False
        for name in ("fsync", "link", "rename", "mkdir", "unlink", "utime"):
            patch.setattr(os, name, self.failing(getattr(os, name)))

    def failing(self, real: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            self.left -= 1
            if self.left == -1 or (self.left < 0 and self.sticky):
                self.hit = True
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*arguments, **named)

        return call

    def fail_at(self, number: int, *, sticky: bool) -> None:
        self.left, self.sticky, self.hit = number, sticky, False

    def mended(self) -> None:
        self.left = 10**9


@pytest.mark.parametrize("sticky", [False, True])
def test_an_error_anywhere_is_taken_back_or_settled_by_the_next_run(
    filled: LegacyHome, monkeypatch: pytest.MonkeyPatch, *, sticky: bool
) -> None:
    before = filled.picture(state=False)
    disk = Disk(monkeypatch)
    statuses: set[int] = set()
    for count in range(1000):
        disk.fail_at(count, sticky=sticky)
        answer = filled.run("migrate")
        disk.mended()
        if not disk.hit:
            break
        statuses.add(answer.status)
        assert answer.status in {3, 4, 5, 6}, (count, answer.report["message"])
        if answer.status in {3, 5}:
            assert filled.picture(state=False) == before, (count, answer.report["message"])
        assert filled.run("migrate").status == 4, count
        assert filled.run("verify").status == 0, count
        assert filled.run("rollback").status == 0, count
        assert filled.picture(state=False) == before, count
    assert count > 30
    assert 5 in statuses


@pytest.mark.parametrize("sticky", [False, True])
def test_an_error_anywhere_in_a_rollback_over_new_work_loses_nothing(
    filled: LegacyHome, monkeypatch: pytest.MonkeyPatch, *, sticky: bool
) -> None:
    worked, statuses, count = Worked(filled), set[int](), 0
    before = filled.picture(state=False)
    disk = Disk(monkeypatch)
    for count in range(1000):
        disk.fail_at(count, sticky=sticky)
        answer = filled.run("rollback")
        disk.mended()
        if not disk.hit:
            break
        statuses.add(answer.status)
        if answer.status == 3:
            assert filled.picture(state=False) == before, (count, answer.report["message"])
        worked.settled("migrate" if count % 3 == 0 else "rollback", count)
        worked.again()
        before = filled.picture(state=False)
    assert count > 30
    assert statuses >= {3, 6}


def test_a_run_that_cannot_make_its_own_folders_leaves_none(
    filled: LegacyHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = filled.picture()
    real = os.mkdir

    def full(path: Any, *mode: int) -> None:
        if str(path).endswith("state"):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path, *mode)

    monkeypatch.setattr(os, "mkdir", full)
    assert filled.run("migrate").status == 5
    assert filled.picture() == before


STAGES = ["begin", "backed-up", "applying", "staged", "committing", "applied"]


@pytest.mark.parametrize("stage", STAGES)
def test_an_interrupted_run_is_told_and_settled(filled: LegacyHome, stage: str) -> None:
    before = filled.picture(state=False)
    interrupted(filled, stage)
    assert f"interrupted at '{stage}'" in filled.run("status").report["message"]
    whole = filled.picture()
    dry = filled.run("migrate", "--dry-run")
    assert "interrupted" in dry.report["message"] or stage == "applied"
    assert filled.picture() == whole
    assert filled.run("migrate").report["counts"]["written"] == 6
    filled.run("rollback")
    assert filled.picture(state=False) == before


@pytest.mark.parametrize("stage", STAGES)
def test_what_others_wrote_after_an_interrupted_run_is_kept(filled: LegacyHome, stage: str) -> None:
    interrupted(filled, stage)
    filled.execute("INSERT INTO projects (id, path, registered_at) VALUES ('new', '/new', '2026-01-01')")
    answer = filled.run("rollback")
    assert (answer.status, answer.report["export"]) == (0, None)
    assert filled.rows("SELECT count(*) FROM sessions") == [(0,)]
    assert filled.rows("SELECT id FROM projects WHERE id = 'new'") == [("new",)]
    assert filled.run("migrate").status == 4
    ids = {row[0] for row in filled.rows("SELECT id FROM sessions")}
    assert ids == {"al-1", "al-orchestrator", "be-3"}
    assert filled.rows("SELECT id FROM projects WHERE id = 'new'") == [("new",)]


def test_rows_that_may_be_anybodys_are_not_taken_out(filled: LegacyHome) -> None:
    interrupted(filled, "committing")  # noted, but not committed
    filled.execute("INSERT INTO projects (id, path, registered_at) VALUES ('alpha', '/new', '2026-01-01')")
    before = filled.picture()
    answer = filled.run("rollback")
    assert (answer.status, answer.code) == (3, "NEW_DATA")
    assert filled.picture() == before


def test_a_transcript_that_grew_after_an_interrupted_run_is_kept_in_its_place(filled: LegacyHome) -> None:
    interrupted(filled, "applied")
    [copy] = filled.root.glob(".claude/projects/*-ao-data-*/*.jsonl")
    copy.write_text("more\n")
    assert filled.run("migrate").report["counts"]["written"] == 0
    assert copy.read_text() == "more\n"


def leftovers(picture: Picture) -> list[str]:
    return [name for name in picture if "migrator-" in name]


@pytest.mark.parametrize("stage", STAGES)
def test_no_temporary_file_survives(filled: LegacyHome, stage: str) -> None:
    interrupted(filled, stage)
    filled.run("migrate")
    assert not leftovers(filled.picture(state=False))


def test_a_torn_journal_line_counts_as_not_written(
    filled: LegacyHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = filled.picture(state=False)
    interrupted(filled, "applying")
    [journal] = filled.root.glob(".local/state/migrator/ao/*/journal.jsonl")
    journal.write_bytes(journal.read_bytes() + b'{"state": "commit')
    assert filled.run("rollback").status == 0
    assert filled.picture(state=False) == before
    assert "rolled-back" in filled.run("status").report["message"]


def test_the_private_copy_of_a_killed_run_is_swept_by_the_next_one(filled: LegacyHome) -> None:
    scratch = filled.root.parent / "scratch"
    for folder in ("migrator-copy-dead", "migrator-copy-busy", "other"):
        (scratch / folder).mkdir()
        os.utime(scratch / folder, (1, 1))
    (scratch / "migrator-copy-new").mkdir()
    with files.held(str(scratch / "migrator-copy-busy")):
        filled.run("plan")
    assert {path.name for path in scratch.iterdir()} == {"migrator-copy-busy", "migrator-copy-new", "other"}
