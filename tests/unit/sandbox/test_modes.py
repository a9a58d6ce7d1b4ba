"""A home has the modes of its manifest wherever it is laid out: under every umask, in every kind of folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from harness.home import Home
from harness.sandbox.inside.tree import lay_out

FILES = (0, 0o400, 0o600, 0o640, 0o644, 0o666, 0o755, 0o777, 0o4755)
FOLDERS = (0, 0o500, 0o700, 0o711, 0o755, 0o777, 0o1777, 0o2755)


@pytest.mark.parametrize("folder", [0o755, 0o2755])
@pytest.mark.parametrize("umask", [0, 0o002, 0o022, 0o027, 0o077])
@pytest.mark.parametrize("own", [0o700, 0o755, 0o500])
def test_modes_are_those_of_the_manifest(tmp_path: Path, folder: int, umask: int, own: int) -> None:
    root = tmp_path / "homes/u"
    root.parent.mkdir()
    root.parent.chmod(folder)
    home = Home.empty(str(root), mtime_ns=10**18).with_mode(".", own)
    for mode in FILES:
        home = home.with_file(f"file-{mode:o}", b"content", mode=mode)
    for mode in FOLDERS:
        home = home.with_file(f"folder-{mode:o}/inside", b"").with_mode(f"folder-{mode:o}", mode)
    before = os.umask(umask)
    try:
        lay_out(str(root), home.manifest(), home.blobs)
    finally:
        os.umask(before)
    for path, entry in sorted(home.entries.items(), reverse=True):  # opened as they are passed, from below
        found = (root / path).lstat()
        assert (stat.S_IMODE(found.st_mode), found.st_mtime_ns) == (entry.mode, 10**18), path
