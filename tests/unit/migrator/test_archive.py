"""Backups of many files: one tar that any tar reads, every byte of it checked, and back to the last nanosecond."""

import os
import shutil
import subprocess
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from migrator import archive, backup
from migrator.journal import Run
from migrator.outcome import Refusal

NOW = datetime(2026, 6, 17, 12, tzinfo=UTC)
Picture = dict[str, tuple[object, ...]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Thirty small files, and what is awkward: long names, odd bytes, no content, many blocks, links, old times."""
    home = Path(os.path.realpath(tmp_path)) / "home"
    for number in range(30):
        place(home / f"folder-{number % 3}" / f"{number}.json", b'{"n": %d}' % number * number, 0o640)
    long = home / ("d" * 90) / ("e" * 120)
    place(long / f"{'f' * 200}.json", b"long", 0o600)
    place(Path(os.fsdecode(os.fsencode(home) + b"/bad-\xff\n-name")), b"bytes", 0o644)
    place(home / "empty", b"", 0o400)
    place(home / "large", os.urandom(3_000_001), 0o755)
    place(home / "-rf", b"no option", 0o644)
    (home / "link").symlink_to("folder-0/0.json")
    (home / "dangling").symlink_to("x" * 300)
    for number, path in enumerate(sorted(paths(home))):
        os.utime(path, ns=(0, number * 10**9 + 123_456_789), follow_symlinks=False)
    os.utime(home / "empty", ns=(0, -1_500_000_000))
    return home


def place(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)


def paths(home: Path) -> list[str]:
    return [os.path.join(folder, name) for folder, _, names in os.walk(home) for name in names]


def picture(home: Path) -> Picture:
    found: Picture = {}
    for path in paths(home):
        about = os.lstat(path)
        content = os.readlink(path) if os.path.islink(path) else Path(path).read_bytes()
        found[path] = (about.st_mode, about.st_mtime_ns, content)
    return found


def taken(home: Path) -> tuple[Run, list[archive.Saved]]:
    """The run, and what was saved: all paths of the home, and one that does not exist."""
    run = Run(str(home.parent / "0001-run"))
    saved = backup.take(run, [*paths(home), str(home / "absent")], NOW)
    about: dict[str, object] = {"copies": [], "folders": [], "times": {}}
    backup.explain(run, saved, about, NOW)
    return run, saved


def test_everything_comes_back_exactly_whatever_was_done_to_it(home: Path) -> None:
    before = picture(home)
    run, _ = taken(home)
    assert sorted(os.listdir(run.backup)) == ["RESTORE.txt", "files.tar", "manifest.json"]
    shutil.rmtree(home / "folder-0")
    (home / "folder-1" / "1.json").write_bytes(b"other")
    (home / "large").chmod(0o600)
    (home / "link").unlink()
    (home / "link").write_bytes(b"a file now")
    (home / "empty").unlink()
    (home / "empty").symlink_to("large")
    (home / "dangling").unlink()
    (home / "absent").write_bytes(b"new")
    backup.restore(run, backup.check(run))
    assert picture(home) == before


def test_a_restore_of_what_nobody_touched_writes_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = taken(home)
    monkeypatch.setattr(backup, "put_back", None)
    backup.restore(run, backup.check(run))


def test_any_tar_reads_it(home: Path) -> None:
    run, saved = taken(home)
    with tarfile.open(os.path.join(run.backup, "files.tar"), errors="surrogateescape") as tar:
        members = tar.getmembers()
        assert [one.name for one in members] == [one.name for one in saved if one.name]
        for member, one in zip(members, saved, strict=False):
            file = tar.extractfile(member) if member.isfile() else None
            assert (file.read() if file else member.linkname) == picture(home)[one.path][2]
            assert (member.mode, member.uid) == (one.mode, one.uid)


def test_the_text_restores_everything_by_hand_to_the_second(home: Path) -> None:
    def seconds(found: Picture) -> Picture:
        return {path: (mode, max(int(str(ns)) // 10**9, 0), what) for path, (mode, ns, what) in found.items()}

    before = seconds(picture(home))
    run, _ = taken(home)
    for path in paths(home):
        os.unlink(path)
    (home / "absent").write_bytes(b"new")
    subprocess.run(["sh", os.path.join(run.backup, "RESTORE.txt")], check=True)
    assert seconds(picture(home)) == before


@pytest.mark.parametrize("left", [0, 1, 511, 512, 100_000, -1024, -1])
def test_a_torn_archive_is_no_backup(home: Path, left: int) -> None:
    run, _ = taken(home)
    tar = os.path.join(run.backup, "files.tar")
    os.truncate(tar, left if left >= 0 else os.path.getsize(tar) + left)
    with pytest.raises(Refusal, match="damaged"):
        backup.check(run)


def test_one_wrong_byte_anywhere_is_found_and_named(home: Path) -> None:
    run, saved = taken(home)
    tar = Path(run.backup, "files.tar")
    whole = tar.read_bytes()
    first = next(one for one in saved if one.size and one.sha256)
    large = next(one for one in saved if one.name == "large")
    assert first.offset is not None
    assert large.offset is not None
    places = {
        0: "files.tar",
        first.offset - 1: "files.tar",
        first.offset: first.name,
        large.offset + large.size - 1: "large",
        large.offset + large.size: "files.tar",
        len(whole) - 1: "files.tar",
    }
    for place_of, name in places.items():
        tar.write_bytes(whole[:place_of] + bytes([whole[place_of] ^ 1]) + whole[place_of + 1 :])
        with pytest.raises(Refusal, match=f"damaged: {name}\\."):
            backup.check(run)
    tar.write_bytes(whole + b"\0")
    with pytest.raises(Refusal, match=r"damaged: files\.tar"):
        backup.check(run)


def test_an_archive_without_its_manifest_is_no_backup(home: Path) -> None:
    run, _ = taken(home)
    os.unlink(os.path.join(run.backup, "manifest.json"))
    with pytest.raises(Refusal, match="cannot be read"):
        backup.check(run)


def test_nothing_is_saved_from_behind_a_link(home: Path) -> None:
    (home / "way").symlink_to("folder-0")
    with pytest.raises(OSError, match="leads through a link"):
        taken(home / "way")


def test_nothing_is_restored_through_a_link_that_was_put_in_the_way(home: Path, tmp_path: Path) -> None:
    run, _ = taken(home)
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.rmtree(home / "folder-0")
    (home / "folder-0").symlink_to(outside)
    (home / "folder-1" / "1.json").write_bytes(b"other")
    with pytest.raises(OSError, match="leads through a link"):
        backup.restore(run, backup.check(run))
    assert list(outside.iterdir()) == []
    assert (home / "folder-1" / "1.json").read_bytes() == b"other"


def test_a_file_that_is_written_to_meanwhile_is_no_backup(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = archive._Tar.add

    def write_to_another(
        tar: archive._Tar, path: str, name: str, entry: os.DirEntry[str] | None
    ) -> archive.Stamp | None:
        stamp = add(tar, path, name, entry)
        if name == "folder-1/1.json":
            before = os.stat(home / "large").st_mtime_ns
            (home / "large").write_bytes(bytes(3_000_001))  # of the same size
            os.utime(home / "large", ns=(0, before))
        return stamp

    monkeypatch.setattr(archive._Tar, "add", write_to_another)
    with pytest.raises(OSError, match="changed while it was being copied"):
        taken(home)


def test_what_is_no_file_and_no_link_is_refused(home: Path) -> None:
    os.mkfifo(home / "pipe")
    with pytest.raises(OSError, match="neither a regular file"):
        taken(home)
