"""Runs on disk: ``runs/<scenario>/<time>/`` holds all that a judge needs, and ``latest`` leads to the newest.

scenario.json profile.json   what was run
run.json                     seed, sandbox level and versions
blobs.bin blobs.jsonl        contents of all files of all trees, by digest
cases/0000/ …                one history each: events.jsonl, tree-<n>.jsonl
smallest/                    the smallest failing case, where one fails
verdict.json report.txt      what the judge said
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from harness.history import History, load, save
from harness.pack import BlobPack
from harness.scenario import Scenario
from harness.sut import Profile

_RUNS_KEPT = 10  # of one scenario


class StoreError(ValueError):
    """A stored run cannot be read; the message names the folder and what is missing."""


class RunFolder:
    """One run on disk, open for adding cases."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.blobs = BlobPack(path)

    @classmethod
    def create(
        cls, runs: Path, scenario: Scenario, profile: Profile, now: float, *, keep: Path | None = None
    ) -> RunFolder:
        """Makes the folder of a new run, in place of the oldest ones; `now` is seconds since the epoch.

        The run that `keep` (an absolute path) lies in stays: it is being replayed.
        """
        base = runs / scenario.name
        stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        path = base / stamp
        (path / "cases").mkdir(parents=True)
        (path / "scenario.json").write_bytes(msgspec.json.encode(scenario))
        (path / "profile.json").write_bytes(msgspec.json.encode(profile))
        _point_latest(base, stamp)
        for old in sorted(p for p in base.iterdir() if p.is_dir() and not p.is_symlink())[:-_RUNS_KEPT]:
            if keep is None or not keep.is_relative_to(old.resolve()):
                shutil.rmtree(old, ignore_errors=True)
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Opens a stored run.

        Raises:
            StoreError: it is not the folder of a run.
        """
        if not (path / "scenario.json").is_file():
            raise StoreError(f"{path}: not a stored run (no scenario.json); try runs/<scenario>/latest")
        return cls(path)

    def add_case(self, number: int, history: History) -> Path:
        """Stores a history as case `number` and returns its folder."""
        folder = self.path / "cases" / f"{number:04d}"
        save(history, folder, self.blobs)
        return folder

    def set_smallest(self, history: History) -> Path:
        """Stores the smallest failing case in place of an earlier one and returns its folder."""
        folder = self.path / "smallest"
        shutil.rmtree(folder, ignore_errors=True)
        save(history, folder, self.blobs)
        return folder

    def histories(self) -> Iterator[tuple[str, History]]:
        """Yields the stored cases by name, the smallest failing one last."""
        folders = sorted((self.path / "cases").iterdir())
        smallest = self.path / "smallest"
        for folder in [*folders, smallest] if smallest.is_dir() else folders:
            yield folder.name, load(folder, self.blobs)

    def write_json(self, name: str, data: Mapping[str, Any]) -> None:
        """Writes a JSON file of the run; values that JSON has no word for are shown by their repr."""
        (self.path / name).write_text(json.dumps(data, indent=2, default=repr) + "\n", encoding="ascii")

    def read_json(self, name: str) -> Mapping[str, Any]:
        """Returns a JSON file of the run."""
        data: Mapping[str, Any] = json.loads((self.path / name).read_text(encoding="ascii"))
        return data

    def close(self) -> None:
        """Closes the files of the run."""
        self.blobs.close()


def _point_latest(base: Path, stamp: str) -> None:
    fresh = base / f".latest-{os.getpid()}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(stamp)
    fresh.replace(base / "latest")
