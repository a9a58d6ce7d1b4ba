"""Hard links: a home may have them, a picture shows them, and a name that went its own way is a change."""

import os
from pathlib import Path

from msgspec.structs import replace

from harness.home import Blobs, Home
from harness.sandbox.inside.picture import Picture
from harness.sandbox.inside.tree import lay_out


def linked(root: Path) -> Home:
    home = Home.empty(str(root), mtime_ns=10**18).with_file("a/one", b"same", mtime_ns=10**18)
    return home.with_entry("b/two", replace(home.entries["a/one"], target="a/one"))


def laid_out(home: Home) -> None:
    lay_out(home.root, home.manifest(), home.blobs)


def seen(home: Home) -> Home:
    picture = Picture(home.root, set())
    return Home.from_manifest(home.root, picture.rows, Blobs(picture.blobs))


def test_a_second_name_is_laid_out_and_seen_as_one(tmp_path: Path) -> None:
    home = linked(tmp_path / "u")
    laid_out(home)
    assert os.path.samefile(tmp_path / "u/a/one", tmp_path / "u/b/two")
    assert list(home.changes_to(seen(home), times=True)) == []


def test_a_second_name_that_became_a_file_of_its_own_is_a_change(tmp_path: Path) -> None:
    home = linked(tmp_path / "u")
    laid_out(home)
    (tmp_path / "u/new").write_bytes(b"same")
    (tmp_path / "u/new").chmod(0o644)
    (tmp_path / "u/new").rename(tmp_path / "u/a/one")
    changes = [(change.path, change.describe()) for change in home.changes_to(seen(home))]
    assert changes == [("b/two", "changed in target")]


def test_a_first_name_that_was_damaged_or_is_gone_leaves_the_second_as_it_was(tmp_path: Path) -> None:
    for number, home in enumerate(
        (linked(tmp_path / "0").with_file("a/one", b"new"), linked(tmp_path / "1").without("a/one"))
    ):
        laid_out(home)
        assert (tmp_path / f"{number}/b/two").read_bytes() == b"same"
