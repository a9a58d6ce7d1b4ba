"""A *fault*: what befalls a step at one of its operations, and which faults of a kind there are for a recorded run.

An *operation* is a call that may change the home; operations are numbered from 0 in the order of a run.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from harness.home import Home
from harness.sandbox.inside.supervisor import DATA, REACH

if TYPE_CHECKING:
    from harness.sandbox.ended import Ran

Kind = Literal["kill", "error", "short", "power", "write", "run", "full", "disk", "inodes", "memory", "clock"]
ANOTHER_RUN = "another-run"
"""In the place of an actor: the same command, begun once more."""
LACKS: Mapping[Kind, str] = {"disk": "KiB", "inodes": "files", "memory": "KiB"}
"""Of what there may be too little, and in what it is counted."""
STEPS = (-10 * 366 * 86400, -3600, 86400, 400 * 86400)
"""By how many seconds a clock is stepped: ten years and an hour back, a day ahead, and more than any time limit of a migrator."""
ERRORS = ("ENOSPC", "EIO", "EACCES", "EMFILE", "EINTR", "EROFS")
_ONCE = {"EINTR"}  # a call that is interrupted for ever is no error that a program could meet
_LABEL = re.compile(r"(?P<name>kill|short|full|E[A-Z]+)@(?P<at>\d+)(?P<sticky>\+?)")
_LACK = re.compile(r"(?P<sort>disk|inodes|memory)@(?P<left>\d+)")
_OTHERS = re.compile(r"(?P<actor>[a-z]+(-[a-z]+)+)@(?P<at>\d+)")
_CLOCK = re.compile(r"clock(?P<seconds>[+-]\d+)@(?P<at>\d+)")
_POWER = re.compile(r"(?P<model>strict|ext4)@(?P<at>\d+):(?P<state>[a-z]+\d*)")
_VARYING = re.compile(r"[0-9a-f]*\d[0-9a-f]*")  # numbers, times and digests in names


class FaultError(ValueError):
    """What was written is no fault; the message says what a fault looks like."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One recorded operation: the call, the paths in the home that it is about, and what else is known of it.

    A path outside the home is None.
    """

    name: str
    paths: tuple[str | None, ...]
    more: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join([self.name, *(path or "(elsewhere)" for path in self.paths)])

    @property
    def likeness(self) -> str:
        """What it has in common with the same operation on another home: the call, and last names without numbers."""
        names = (_VARYING.sub("#", (path or "").rpartition("/")[2]) for path in self.paths)
        return " ".join([self.name, *names])


@dataclass(frozen=True, slots=True)
class Fault:
    """A kill just before operation `at`; an error there, once or with `sticky` from there on; a write cut in half.

    As text: ``kill@7``, ``ENOSPC@7``, ``ENOSPC@7+``, ``short@7``.  Where the power goes, ``strict@7:drop3``: the model, and the
    `state` that is left, see `harness.power`.  Where the disk is filled up at an operation, ``full@7``.  Where there is too
    little of something from the start, `at` is how much there is: ``disk@7``, ``inodes@7``, ``memory@7``.  Where an
    `actor` of the pack writes, ``legacy-new-session@7``; where the same command is begun once more, ``another-run@7``.
    Where the clock is stepped, by so many `seconds`, ``clock-3600@7``.
    """

    kind: Kind
    at: int
    error: str = ""
    sticky: bool = False
    model: str = ""
    state: str = ""
    actor: str = ""
    seconds: int = 0

    def __str__(self) -> str:
        if self.kind == "power":
            return f"{self.model}@{self.at}:{self.state}"
        if self.kind == "clock":
            return f"clock{self.seconds:+d}@{self.at}"
        return f"{self.error or self.actor or self.kind}@{self.at}{'+' if self.sticky else ''}"

    @property
    def lack(self) -> bool:
        """Tells whether it is too little of something, for which no operation has to be found."""
        return self.kind in LACKS

    def orders(self) -> Mapping[str, Any]:
        """Returns what the supervisor is told."""
        number = getattr(errno, self.error) if self.error else 0
        told = {"act": self.kind, "at": self.at, "errno": number, "sticky": self.sticky}
        return told | ({"seconds": self.seconds} if self.kind == "clock" else {})

    def but_place(self) -> Fault:
        """Returns what two faults of the same sort at other places have in common."""
        return replace(self, at=0, state=self.state.rstrip("0123456789"))


def fault_of(label: str) -> Fault:
    """Returns the fault that a text stands for.

    Raises:
        FaultError: it stands for none.
    """
    if power := _POWER.fullmatch(label):
        return Fault("power", int(power["at"]), model=power["model"], state=power["state"])
    if lack := _LACK.fullmatch(label):
        return Fault(cast("Kind", lack["sort"]), int(lack["left"]))
    if clock := _CLOCK.fullmatch(label):
        return Fault("clock", int(clock["at"]), seconds=int(clock["seconds"]))
    if others := _OTHERS.fullmatch(label):
        return _of_others(int(others["at"]), others["actor"])
    said = _LABEL.fullmatch(label)
    if said is None or (said["name"].startswith("E") and said["name"] not in ERRORS):
        raise FaultError(
            f"no such fault: {label!r}; write kill@7, short@7, full@7, disk@7, clock-3600@7, {', '.join(ERRORS[:2])}@7 or, from there on, ENOSPC@7+; "
            "for a loss of power strict@7:all, where a failing case says which state"
        )
    name, at, sticky = said["name"], int(said["at"]), bool(said["sticky"])
    return Fault("error", at, name, sticky) if name in ERRORS else Fault(cast("Kind", name), at)


def _of_others(at: int, actor: str) -> Fault:
    return Fault("run" if actor == ANOTHER_RUN else "write", at, actor=actor)


@dataclass(frozen=True, slots=True)
class Recording:
    """One run of a step that nothing befell: its operations, and pictures of the home before them.

    `pictures` maps an operation to the home just before it, where that is not the same as before the one that
    precedes it.  `ran` is how it ended, where somebody has to know.
    """

    operations: tuple[Operation, ...]
    pictures: Mapping[int, Home]
    contents: tuple[
        bytes, ...
    ] = ()  # what was written, where that was asked for; an operation's `data` says which
    ran: Ran | None = None
    used: int = 0  # KiB, at most, that the disk held more than at the start

    def at(self, number: int) -> Operation:
        """Returns an operation; after the last one there is the end."""
        return self.operations[number] if number < len(self.operations) else Operation("end", ())

    def kills(self) -> Iterator[Fault]:
        """Yields a kill for each state, times aside, that a kill before one of the operations leaves."""
        seen: list[list[list[Any]]] = []
        for number, home in sorted(self.pictures.items()):
            state = [[*row[:3], *row[4:]] for row in home.manifest()]
            if state not in seen:
                seen.append(state)
                yield Fault("kill", number)

    def errors(self, names: Iterable[str] = ERRORS) -> Iterator[Fault]:
        """Yields each error once and from then on, at each operation that it can come from."""
        for name in names:
            reach = REACH[getattr(errno, name)]
            for number, operation in enumerate(self.operations):
                if operation.name in reach:
                    yield Fault("error", number, name)
                    if name not in _ONCE:
                        yield Fault("error", number, name, sticky=True)

    def others(self, actor: str) -> Iterator[Fault]:
        """Yields the actor's work at each operation."""
        for number in range(len(self.operations)):
            yield _of_others(number, actor)

    def fillings(self) -> Iterator[Fault]:
        """Yields a disk that is full from an operation on, for each that may need more room."""
        for number, operation in enumerate(self.operations):
            if operation.name in DATA:
                yield Fault("full", number)

    def clock_steps(self) -> Iterator[Fault]:
        """Yields each step of the clock at each operation."""
        for number in range(len(self.operations)):
            for seconds in STEPS:
                yield Fault("clock", number, seconds=seconds)

    def short_writes(self) -> Iterator[Fault]:
        """Yields a cut for each write of more than a byte."""
        for number, operation in enumerate(self.operations):
            if operation.name in {"write", "pwrite"} and operation.more.get("result", 0) > 1:
                yield Fault("short", number)


def alike(found: Iterable[Fault], recording: Recording, wanted: Fault, likeness: str) -> Iterator[Fault]:
    """Yields the faults of the wanted sort whose operation has this likeness."""
    for fault in found:
        if fault.but_place() == wanted.but_place() and recording.at(fault.at).likeness == likeness:
            yield fault
