"""The record of every run, written before the run acts, so that any run can be taken back.

`<state>/<run>/journal.jsonl` grows by one forced line at each stage:
begin, backed-up, applying, staged, committing, applied, done; rollback-opening where rows have to be taken out,
rollback-begin, rolled-back; and, at any later time, purging and pruned.
"""

import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from migrator import files
from migrator.database import Row

JOURNAL, ROWS, WRITTEN, MADE, RESERVE = (
    "journal.jsonl",
    "rows.jsonl",
    "written.jsonl",
    "made.jsonl",
    "reserve",
)
RESERVED, LATER = 64 << 10, {"pruned", "purging"}


class Run:
    """One attempt to migrate one target; `events` are the stages that are on disk, with their facts."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.name = os.path.basename(folder)  # later runs sort after earlier ones
        self.backup = os.path.join(folder, "backup")
        self.events = _events(os.path.join(folder, JOURNAL))

    @property
    def state(self) -> str:
        """The last stage that is on disk; what is done later to what was kept is none."""
        return next(str(event["state"]) for event in reversed(self.events) if event["state"] not in LATER)

    @property
    def interrupted(self) -> bool:
        """Whether the run neither finished nor was taken back."""
        return self.state not in {"done", "rolled-back"}

    def find(self, state: str) -> dict[str, Any]:
        """The facts noted when the run reached `state`; nothing if it never did."""
        return next((event for event in reversed(self.events) if event["state"] == state), {})

    def copies(self) -> list[dict[str, str]]:
        """The files that the run copies: source, target, temporary, and once staged their sha256."""
        copies: list[dict[str, str]] = (self.find("staged") or self.find("applying")).get("copies", [])
        return copies

    def begin(self, target: str, now: datetime, **facts: Any) -> None:
        """The run exists on disk, with room set aside for what has to be noted even when the disk is full."""
        files.make_folders(self.folder, 0o700)
        files.write_new(os.path.join(self.folder, RESERVE), bytes(RESERVED))
        self.add("begin", target=target, at=now.isoformat(), **facts)
        files.sync_folder(self.folder)

    def free_reserve(self) -> None:
        """The room that was set aside is there to be used."""
        files.remove(os.path.join(self.folder, RESERVE))

    def add(self, state: str, **facts: Any) -> None:
        """The run is in `state`, on disk."""
        line = json.dumps({"state": state, **facts}).encode("ascii")
        files.append_line(os.path.join(self.folder, JOURNAL), line)
        self.events.append(json.loads(line))

    def keep(self, name: str, lines: Iterable[bytes]) -> None:
        """These lines, each a JSON value, are on disk under this name."""
        files.write_new(os.path.join(self.folder, name), lines)

    def rows(self) -> Iterator[Row]:
        """The planned rows, one at a time: there may be more of them than fit in memory."""
        if self.find("applying"):
            yield from self.kept(ROWS)

    def written(self) -> Iterator[Any]:
        """Table, key and digest of each row as the run wrote it, those that triggers added too."""
        if self.find("committing"):
            yield from self.kept(WRITTEN)

    def kept(self, name: str) -> Iterator[Any]:
        """What was kept under this name."""
        with open(os.path.join(self.folder, name), "rb") as stream:
            yield from map(json.loads, stream)

    def exports(self) -> list[dict[str, Any]]:
        """What rollbacks of the run, whole or interrupted, have put on disk before they took anything away."""
        begun = (event for event in self.events if event["state"] == "rollback-begin" and event["export"])
        return list({event["export"]: event for event in begun}.values())

    def discard(self) -> None:
        """The run never was."""
        if os.path.isdir(self.folder):
            files.remove(os.path.join(self.folder, JOURNAL))  # first: half a run must not look like one
            files.sync_folder(self.folder)
            files.remove_tree(self.folder)


def runs(state: str, target: str) -> list[Run]:
    """The runs of this target, oldest first; what has no readable first line never began."""
    found = map(Run, _folders(state))
    return [run for run in found if run.events and run.events[0].get("target") == target]


def new(state: str, now: datetime) -> Run:
    """A run with a name after every other one's; nothing of it is on disk."""
    last = max((int(os.path.basename(folder)[:4]) for folder in _folders(state)), default=0)
    return Run(os.path.join(state, f"{last + 1:04d}-{now:%Y%m%dT%H%M%SZ}"))


def _folders(state: str) -> list[str]:
    names = sorted(os.listdir(state)) if os.path.isdir(state) else []
    return [os.path.join(state, name) for name in names if name[:4].isdigit()]


def _events(path: str) -> list[dict[str, Any]]:
    """The complete lines of a journal; a line torn by a crash was never relied on."""
    events: list[dict[str, Any]] = []
    try:
        with open(path, "rb") as stream:
            for line in stream.read().split(b"\n")[:-1]:
                events.append(json.loads(line))  # noqa: PERF401 - the lines before a torn one count
    except (FileNotFoundError, NotADirectoryError, ValueError):
        pass
    return events
