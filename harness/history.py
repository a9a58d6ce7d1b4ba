"""A *history* is what happened to one home: an *event* for each step, with the tree before and after it.

It is the only thing a judge needs besides the oracle, so it is kept on disk as JSON lines and a later judge, with
newer claims, can read an old one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from harness.home import Home
from harness.pack import BlobPack
from harness.sut import Outcome, Verb
from harness.talk import Talk, as_data, of_data

_OUTPUT_KEPT = 20_000  # characters of stdout and of stderr


class HistoryError(ValueError):
    """A stored history cannot be read; the message names the file and the reason."""


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL for a step and all that it started, `moment` seconds after its start; or another fault in its place.

    `landed` is false when the step had ended by then: it is an ordinary one.  `clean` is the tree that the same step
    left on the same home when nothing befell it; None when it did not succeed.  `fault` is how `harness.fault` writes
    what befell the step at an operation, and `operation` which one that was, in words; both are empty for a moment in time.
    Where others wrote at that operation, `theirs` are the paths, and the home before the event has their work already.
    Where the same command was begun once more there, `another` is how that run ended.  With `over` the step had come to its end, and had said so, when the power went.
    """

    moment: float
    landed: bool
    clean: Home | None = None
    fault: str = ""
    operation: str = ""
    theirs: tuple[str, ...] = ()
    over: bool = False
    another: Outcome | Literal[""] = ""

    @property
    def lack(self) -> bool:
        """Tells whether the step had too little of something from its start: where that was enough, it is an ordinary one."""
        return self.fault.startswith(("disk@", "inodes@", "memory@"))

    @property
    def clock(self) -> bool:
        """Tells whether all that befell the step was another time: it has no right to end otherwise."""
        return self.fault.startswith("clock")

    @property
    def deadly(self) -> bool:
        """Tells whether no program survives it."""
        return not self.over and (not self.fault or self.fault.startswith(("kill@", "strict@", "ext4@")))


@dataclass(frozen=True, slots=True)
class Event:
    """One step: which verb, what else went on, how it ended, and the tree on either side.

    `conditions` are facts about the surroundings that the tree cannot show (a living daemon, a held lock).
    `report` is what the migrator wrote to ``$MIGRATION_REPORT``: parsed JSON, its raw text when it is not JSON,
    None when there was none.  `litter` are paths outside the home that the step made and left, `strays` the names of
    processes that it left alive.  `kill` is there when a kill was tried, `talk` where clients of a store were at work.
    """

    step: int
    do: Verb
    outcome: Outcome
    before: Home
    after: Home
    status: int | None = None
    signal: int | None = None
    timed_out: bool = False
    seconds: float = 0.0
    meanwhile: str = ""
    conditions: frozenset[str] = frozenset()
    report: Any = None
    stdout: str = ""
    stderr: str = ""
    litter: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()
    kill: Kill | None = None
    talk: Talk | None = None

    @property
    def killed(self) -> bool:
        """Tells whether the step was cut short, so that it is open how far it came.

        It was killed; or it met an error and did not say, in time, that it had done its work or refused to.
        """
        if self.kill is None or not self.kill.landed or self.kill.over:
            return False
        gave_up = self.outcome not in {"done", "partial", "refused"} and not self.timed_out
        return self.kill.deadly or (gave_up and not self.kill.clock)

    @property
    def lapsed(self) -> bool:
        """Tells whether the power went just after the step had ended, so that some of its work may have to be done again."""
        return self.kill is not None and self.kill.over

    @property
    def overtaken(self) -> bool:
        """Tells whether others wrote while the step was at work, so that it may have seen their work or not."""
        return self.paired or (self.kill is not None and self.kill.landed and bool(self.kill.theirs))

    @property
    def paired(self) -> bool:
        """Tells whether the same command was begun once more while the step was at work."""
        return self.kill is not None and bool(self.kill.another)

    @property
    def hindered(self) -> bool:
        """Tells whether what befell the step left it to the migrator how to end."""
        kill = self.kill
        return kill is not None and kill.landed and not (kill.deadly or kill.over or kill.clock)

    @property
    def succeeded(self) -> bool:
        """Tells whether the migrator said that it did its work, wholly or but for records set aside."""
        return self.outcome in {"done", "partial"}

    def ended(self) -> str:
        """Returns how the step ended, in words."""
        if self.kill is not None and self.kill.landed and self.kill.over:
            return (
                f"{self.outcome} (exit status {self.status}), then {self.kill.fault} ({self.kill.operation})"
            )
        if self.kill is not None and self.kill.landed and self.kill.fault:
            end = "" if self.kill.deadly else f", then {self.outcome} (exit status {self.status})"
            end += f"; the other run: {self.kill.another}" if self.kill.another else ""
            return f"{self.kill.fault} ({self.kill.operation}){end}"
        if self.kill is not None and self.kill.landed:
            return f"killed after {self.kill.moment:.3f} s"
        if self.timed_out:
            return f"no end within {self.seconds:.0f} s"
        if self.signal is not None:
            return f"killed by signal {self.signal}"
        return f"{self.outcome} (exit status {self.status})"


@dataclass(frozen=True, slots=True)
class History:
    """The events of one case in order; `home` is what was laid out first, `draft` says how it was made."""

    home: Home
    events: tuple[Event, ...]
    draft: Mapping[str, Any] = field(default_factory=dict)


def save(history: History, folder: Path, blobs: BlobPack) -> None:
    """Writes the history below a new folder, one tree a file, contents into the pack."""
    folder.mkdir(parents=True)
    trees: list[Home] = [history.home]
    rows = []
    for event in history.events:
        before, after = (_place(home, trees) for home in (event.before, event.after))
        clean = _place(event.kill.clean, trees) if event.kill and event.kill.clean else None
        rows.append(_event_row(event, before, after, clean))
    for number, home in enumerate(trees):
        with (folder / f"tree-{number}.jsonl").open("w", encoding="ascii") as file:
            file.writelines(json.dumps(row) + "\n" for row in [[home.root], *home.manifest()])
        for entry in home.entries.values():
            if entry.digest in home.blobs:
                blobs.add(entry.digest, home.blobs[entry.digest])
    with (folder / "events.jsonl").open("w", encoding="ascii") as file:
        file.writelines(json.dumps(row) + "\n" for row in [{"draft": dict(history.draft)}, *rows])


def _place(home: Home, trees: list[Home]) -> int:
    for number, known in enumerate(trees):
        if known is home or known == home:
            return number
    trees.append(home)
    return len(trees) - 1


def _event_row(event: Event, before: int, after: int, clean: int | None) -> dict[str, Any]:
    kill = event.kill
    return {
        "step": event.step,
        "do": event.do,
        "outcome": event.outcome,
        "before": before,
        "after": after,
        "status": event.status,
        "signal": event.signal,
        "timed_out": event.timed_out,
        "seconds": round(event.seconds, 6),
        "meanwhile": event.meanwhile,
        "conditions": sorted(event.conditions),
        "report": event.report,
        "stdout": event.stdout[-_OUTPUT_KEPT:],
        "stderr": event.stderr[-_OUTPUT_KEPT:],
        "litter": list(event.litter),
        "strays": list(event.strays),
        "kill": _kill_row(kill, clean) if kill else None,
        "talk": as_data(event.talk) if event.talk else None,
    }


def _kill_row(kill: Kill, clean: int | None) -> dict[str, Any]:
    told = {"moment": round(kill.moment, 6), "landed": kill.landed, "clean": clean}
    return told | (_fault_row(kill) if kill.fault else {})


def _fault_row(kill: Kill) -> dict[str, Any]:
    told = {"fault": kill.fault, "operation": kill.operation, "theirs": list(kill.theirs)}
    told |= {"another": kill.another} if kill.another else {}
    return told | ({"over": True} if kill.over else {})


def load(folder: Path, blobs: BlobPack) -> History:
    """Returns the history that `save` wrote.

    Raises:
        HistoryError: a file is missing or is not what `save` writes.
    """
    try:
        head, *rows = (json.loads(line) for line in _lines(folder / "events.jsonl"))
        trees: dict[int, Home] = {}
        events = []
        for row in rows:
            before, after = (_tree(folder, row.pop(side), trees, blobs) for side in ("before", "after"))
            kill = row.pop("kill", None)  # as litter and strays, unknown to the first releases
            if kill and kill["clean"] is not None:
                kill["clean"] = _tree(folder, kill["clean"], trees, blobs)
            talk = row.pop("talk", None)
            if kill:
                kill["theirs"] = tuple(kill.get("theirs", ()))
            row |= {name: tuple(row.get(name, ())) for name in ("litter", "strays")}
            row |= {"conditions": frozenset(row["conditions"]), "kill": Kill(**kill) if kill else None}
            row["talk"] = of_data(talk) if talk else None
            events.append(Event(before=before, after=after, **row))
        return History(_tree(folder, 0, trees, blobs), tuple(events), head["draft"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise HistoryError(f"{folder}: not a stored case ({type(error).__name__}: {error})") from error


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="ascii") as file:
        yield from file


def _tree(folder: Path, number: int, known: dict[int, Home], blobs: BlobPack) -> Home:
    if number not in known:
        (root,), *rows = (json.loads(line) for line in _lines(folder / f"tree-{number}.jsonl"))
        known[number] = Home.from_manifest(root, rows, blobs)
    return known[number]
