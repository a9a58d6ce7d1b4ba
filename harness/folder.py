"""Homes that lie in a folder of this machine: a copy of a user's home, or the home of a stored case."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from harness.history import load
from harness.home import Blobs, Home
from harness.sandbox.inside.picture import Picture
from harness.scenario import ScenarioError
from harness.store import RunFolder
from harness.story import Told, told_again


def read_folder(folder: Path, root: str) -> Home:
    """Returns the tree in a folder as a home that lies at `root`; links are not followed, FIFOs not opened.

    Files above 64 MiB come without content, and such a home cannot be laid out.
    """
    picture = Picture(str(folder.resolve()), set())
    return Home.from_manifest(root, picture.rows, Blobs(picture.blobs))


def given_home(folder: Path, user: str, root_for: Callable[[str], str]) -> Home:
    """Returns the home of a stored case, or the tree in any other folder as the home of `user`.

    Raises:
        ScenarioError: there is no such folder, or the stored home lies where this sandbox can put none.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise ScenarioError(f"{folder}: no such folder; name a stored case or a copy of a home")
    if not (folder / "events.jsonl").is_file():
        return read_folder(folder, root_for(user or folder.name))
    home = _stored(folder)
    here = root_for(Path(home.root).name)
    if home.root != here:
        raise ScenarioError(
            f"{folder}: its home lies at {home.root}, and this sandbox puts homes at {here}; try another"
        )
    return home


def given_steps(folder: Path) -> tuple[Told, ...]:
    """Returns the steps of a stored case of a story; none of any other folder."""
    if not (folder / "events.jsonl").is_file():
        return ()
    with closing(RunFolder.open(_run_of(folder))) as run:
        return told_again(load(folder, run.blobs).draft.get("steps", ()))


def _run_of(case: Path) -> Path:
    return case.parent.parent if case.parent.name == "cases" else case.parent


def _stored(case: Path) -> Home:
    with closing(RunFolder.open(_run_of(case))) as folder:
        home = load(case, folder.blobs).home
        held = {entry.digest for entry in home.entries.values() if entry.digest in folder.blobs}
        return replace(home, blobs=Blobs({digest: folder.blobs[digest] for digest in held}))
