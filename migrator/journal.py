"""The record of every run, written before the run acts, so that any run can be taken back or finished.

`<state>/<run>/journal.jsonl` grows by one forced line at each stage:
begin, backed-up, applying, staged, committing, applied, done; rollback-begin, rolled-back.
"""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from migrator import files

ENDED = {"done", "rolled-back"}
JOURNAL, ROWS, RESERVE = "journal.jsonl", "rows.jsonl", "reserve"
RESERVED = 64 << 10

Row = tuple[str, str, dict[str, Any]]  # table, key column, values by column


@dataclass(slots=True)
class Run:
    """One attempt to migrate one target."""

    folder: str
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The run's folder name; later runs sort after earlier ones."""
        return os.path.basename(self.folder)

    @property
    def state(self) -> str:
        """The last stage that is on disk."""
        return str(self.events[-1]["state"])

    @property
    def interrupted(self) -> bool:
        """Whether the run neither finished nor was taken back."""
        return self.state not in ENDED

    @property
    def stands(self) -> bool:
        """Whether anything that the run did may still be there."""
        return self.state != "rolled-back"

    def find(self, state: str) -> dict[str, Any] | None:
        """The facts noted when the run reached `state`, if it did."""
        return next((event for event in reversed(self.events) if event["state"] == state), None)

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
        line = json.dumps({"state": state, **facts})
        path = os.path.join(self.folder, JOURNAL)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with open(fd, "r+b") as stream:
            whole = stream.read().rfind(b"\n") + 1  # a line torn by a crash is cut off
            stream.truncate(whole)
            stream.seek(whole)
            stream.write(line.encode("ascii") + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        self.events.append(json.loads(line))

    def keep_rows(self, rows: list[Row]) -> None:
        """The planned rows are on disk, to be compared with the target at any later time."""
        path = os.path.join(self.folder, ROWS)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as stream:
            stream.writelines(json.dumps(row).encode("ascii") + b"\n" for row in rows)
            stream.flush()
            os.fsync(stream.fileno())
        files.sync_folder(self.folder)

    def rows(self) -> Iterator[Row]:
        """The planned rows, one at a time."""
        if self.find("applying"):
            with open(os.path.join(self.folder, ROWS), "rb") as stream:
                for line in stream:
                    table, key, values = json.loads(line)
                    yield table, key, values


@dataclass(frozen=True, slots=True)
class Store:
    """All runs of one system under `folder` that concern `target`."""

    folder: str
    target: str

    def runs(self) -> list[Run]:
        """The runs of this target, oldest first; what has no readable first line never began."""
        try:
            names = sorted(entry for entry in os.listdir(self.folder) if entry[:4].isdigit())
        except FileNotFoundError:
            return []
        runs = (
            Run(os.path.join(self.folder, name), _events(os.path.join(self.folder, name))) for name in names
        )
        return [run for run in runs if run.events and run.events[0].get("target") == self.target]

    def new(self, now: datetime) -> Run:
        """A run with a name after every other one's; nothing of it is on disk."""
        last = max((int(entry[:4]) for entry in os.listdir(self.folder) if entry[:4].isdigit()), default=0)
        return Run(os.path.join(self.folder, f"{last + 1:04d}-{now:%Y%m%dT%H%M%SZ}"))

    def discard(self, run: Run, made: list[str]) -> None:
        """The run never was; folders of our own that were `made` for it are gone too."""
        if os.path.isdir(run.folder):
            files.remove(os.path.join(run.folder, JOURNAL))  # first: half a run must not look like one
            files.sync_folder(run.folder)
            shutil.rmtree(run.folder)
        for folder in reversed(made):
            if os.path.isdir(folder) and not os.listdir(folder):
                os.rmdir(folder)


def _events(folder: str) -> list[dict[str, Any]]:
    """The complete lines of the journal; a line torn by a crash was never relied on."""
    try:
        with open(os.path.join(folder, JOURNAL), "rb") as stream:
            lines = stream.read().split(b"\n")[:-1]
    except (FileNotFoundError, NotADirectoryError):
        return []
    events: list[dict[str, Any]] = []
    for line in lines:
        try:
            events.append(json.loads(line))
        except ValueError:
            break
    return events
