"""Claude transcripts: found by the old folder's name, copied under the new one's, never over anything."""

import os
from pathlib import Path

import pytest
from conftest import UUID, LegacyHome

from migrator import files
from migrator.ao.transcripts import slug


def claude(home: LegacyHome, sid: str, worktree: Path | str, **fields: str) -> None:
    home.session("alpha", sid, agent="claude-code", claudeSessionUuid=UUID, worktree=str(worktree), **fields)


def bucket(path: Path | str, home: LegacyHome) -> Path:
    return home.root / ".claude" / "projects" / slug(os.fspath(path)) / f"{UUID}.jsonl"


@pytest.fixture
def tree(home: LegacyHome) -> Path:
    home.project("alpha", sessionPrefix="al")
    home.database()
    path = home.root / "trees" / "my_tree"
    path.mkdir(parents=True)
    return path


def test_the_bucket_name_counts_utf16_units() -> None:
    assert slug("/a/b_c.d é-😀") == "-a-b-c-d-----"


def test_a_transcript_is_copied_to_the_workers_new_folder(home: LegacyHome, tree: Path) -> None:
    old = home.transcript(tree, "line\n")
    claude(home, "al-1", tree)
    assert home.run("migrate").status == 0
    new = bucket(home.root / ".ao/data/worktrees/alpha/al-1", home)
    assert new.read_text() == old.read_text() == "line\n"
    assert (new.stat().st_mode & 0o777, new.parent.stat().st_mode & 0o777) == (0o600, 0o750)


def test_an_orchestrators_transcript_goes_to_the_orchestrators_folder(home: LegacyHome, tree: Path) -> None:
    home.transcript(tree)
    claude(home, "al-7", tree, role="orchestrator")
    home.run("migrate")
    assert bucket(home.root / ".ao/data/worktrees/alpha/orchestrator/al-orchestrator", home).exists()


@pytest.mark.parametrize(
    ("config", "prefix"),
    [("NULL", "alpha"), ('\'{"sessionPrefix":"own"}\'', "own"), ("'not JSON'", "alpha"), ("'[]'", "alpha")],
)
def test_the_row_of_a_project_that_is_there_names_the_orchestrators_folder(
    home: LegacyHome, tree: Path, config: str, prefix: str
) -> None:
    home.execute(
        "INSERT INTO projects (id, path, registered_at, config)"
        f" VALUES ('alpha', '/elsewhere', '2026-01-01', {config});"
    )
    home.transcript(tree)
    claude(home, "al-orchestrator", tree)
    assert home.run("migrate").status == 0
    assert bucket(home.root / f".ao/data/worktrees/alpha/orchestrator/{prefix}-orchestrator", home).exists()


def test_links_on_either_way_are_resolved(home: LegacyHome, tree: Path) -> None:
    link = home.root / "link"
    link.symlink_to(tree.parent)
    home.transcript(tree)
    claude(home, "al-1", link / "my_tree" / "gone" / "..")
    os.rename(home.root / ".ao" / "data", home.root / "real_data")
    (home.root / ".ao" / "data").symlink_to(home.root / "real_data")
    assert home.run("migrate").status == 0
    assert bucket(home.root / "real_data/worktrees/alpha/al-1", home).exists()


def test_the_worktree_may_be_gone(home: LegacyHome, tree: Path) -> None:
    home.transcript(tree)
    tree.rmdir()
    claude(home, "al-1", tree)
    assert home.run("migrate").report["counts"]["written"] == 3


def test_an_equal_file_is_present_and_another_is_never_overwritten(home: LegacyHome, tree: Path) -> None:
    old = home.transcript(tree, "same\n")
    for number, text in ((1, "same\n"), (2, "diff\n"), (3, "longer\n")):
        new = bucket(home.root / f".ao/data/worktrees/alpha/al-{number}", home)
        new.parent.mkdir(parents=True)
        new.write_text(text)
        claude(home, f"al-{number}", tree)
    answer = home.run("migrate")
    fates = {
        record["id"]: (record["outcome"], record["reason"])
        for record in answer.report["records"]
        if record["kind"] == "transcript"
    }
    conflict = ("set-aside", "transcript-conflict")
    assert fates == {"al-1": ("present", None), "al-2": conflict, "al-3": conflict}
    assert bucket(home.root / ".ao/data/worktrees/alpha/al-2", home).read_text() == "diff\n"
    assert old.read_text() == "same\n"


@pytest.mark.parametrize("kind", ["missing", "link", "folder", "fifo", "linked bucket"])
def test_a_source_that_is_no_file_is_missing(home: LegacyHome, tree: Path, kind: str, tmp_path: Path) -> None:
    claude(home, "al-1", tree)
    old = bucket(tree, home)
    if kind == "linked bucket":
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside" / old.name).write_text("secret")
        old.parent.parent.mkdir(parents=True)
        old.parent.symlink_to(tmp_path / "outside")
    else:
        old.parent.mkdir(parents=True)
        if kind == "link":
            old.symlink_to("/etc/passwd")
        if kind == "folder":
            old.mkdir()
        if kind == "fifo":
            os.mkfifo(old)
    answer = home.run("migrate")
    assert (answer.status, answer.fates()[str(old.relative_to(home.root))]) == (
        0,
        ("skipped", "transcript-missing"),
    )


def test_a_new_folder_that_leads_out_of_the_home_is_not_written_to(
    home: LegacyHome, tree: Path, tmp_path: Path
) -> None:
    home.transcript(tree)
    claude(home, "al-1", tree)
    (tmp_path / "outside").mkdir()
    bucket(home.root / ".ao/data/worktrees/alpha/al-1", home).parent.symlink_to(tmp_path / "outside")
    answer = home.run("migrate")
    assert answer.status == 4
    assert not list((tmp_path / "outside").iterdir())


def test_a_transcript_that_appears_later_is_copied_by_the_next_run(home: LegacyHome, tree: Path) -> None:
    claude(home, "al-1", tree)
    home.run("migrate")
    home.transcript(tree)
    before = home.picture(state=False)
    assert home.run("migrate").report["counts"]["written"] == 1
    home.execute("INSERT INTO projects (id, path, registered_at) VALUES ('new', '/new', '2026-01-01')")
    answer = home.run("rollback")
    assert (answer.status, answer.report["changed"], answer.report["export"]) == (0, True, None)
    assert home.rows("SELECT id FROM projects") == [("new",)]
    now = home.picture(state=False)
    assert {name for name in now if not name.startswith(".ao")} == {
        name for name in before if not name.startswith(".ao")
    }


def test_a_file_that_appears_under_the_new_name_meanwhile_is_not_replaced(
    home: LegacyHome, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.transcript(tree)
    claude(home, "al-1", tree)
    new = bucket(home.root / ".ao/data/worktrees/alpha/al-1", home)
    real = files.publish

    def late(temporary: str, target: str) -> None:
        new.write_text("mine")
        real(temporary, target)

    monkeypatch.setattr(files, "publish", late)
    answer = home.run("migrate")
    assert answer.status == 5
    assert str(new) in answer.report["message"]
    assert new.read_text() == "mine"
    assert home.rows("SELECT * FROM projects") == []


def test_without_hard_links_the_copy_is_renamed(
    home: LegacyHome, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    home.transcript(tree)
    claude(home, "al-1", tree)
    monkeypatch.setattr(os, "link", none)
    assert home.run("migrate").status == 0
    assert bucket(home.root / ".ao/data/worktrees/alpha/al-1", home).exists()


def test_a_folder_that_cannot_be_forced_to_disk_is_a_conflict_foreseen(
    home: LegacyHome, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.transcript(tree)
    claude(home, "al-1", tree)
    buckets, real = str(home.root / ".claude" / "projects"), os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: (path != buckets or not mode & os.R_OK) and real(path, mode)
    )
    [record] = [found for found in home.run("migrate").report["records"] if found["kind"] == "transcript"]
    assert (record["outcome"], record["reason"]) == ("set-aside", "transcript-conflict")


def test_the_folder_of_a_process_is_not_that_of_the_migrators_own(home: LegacyHome, tree: Path) -> None:
    claude(home, "al-1", "/proc/self")
    [record] = [found for found in home.run("plan").report["records"] if found["kind"] == "transcript"]
    assert "/-proc-self/" in record["source"]
