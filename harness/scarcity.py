"""*Scarcity*: a step that has too little of something - room on the disk, files, memory - and how little is just enough.

Nothing is simulated: others have taken up all but so much of a memory file system, or each process of the step may have
no more memory.  Programs need not be supervised for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from harness.case import clean_end, record, run_verb
from harness.fault import Fault, Kind
from harness.home import Home
from harness.sandbox.session import Session
from harness.scenario import Scenario, Step
from harness.sut import Profile, Verb

HOME_MB, HOME_FILES = 128, 4096  # of a sandbox that is filled up: little, for filling takes its time
_GRAIN: Mapping[Kind, int] = {"disk": 4, "inodes": 1, "memory": 16}  # a page; a file; four pages
_MEMORY = 512 << 10  # KiB, more than any step may need
_LITTLE_MEMORY = 64 << 10  # KiB, more than most steps need
_COUNT: Mapping[str, Any] = {"act": "record", "at": -1}  # orders to the supervisor: only look
_MOST = 256  # amounts tried of one step; where more lie below the need, every n-th
_ALIKE = 6  # amounts tried on a smaller home


@dataclass(frozen=True, slots=True)
class Need:
    """How much a step needs: `amount` is the smallest with which it ends well, in KiB or files.

    `home` is what lies in the home before it, in KiB, each file in whole pages.  `used` is by how much more, at most, the disk
    held at one of its operations than at its start, in KiB; None where programs cannot be supervised.
    """

    step: int
    do: Verb
    of: Kind
    amount: int
    home: int
    used: int | None = None

    @property
    def ratio(self) -> float | None:
        """The amount of room as a multiple of what lies in the home."""
        return self.amount / self.home if self.of == "disk" and self.home else None

    def __str__(self) -> str:
        if self.of != "disk":
            what = "KiB of memory (RLIMIT_DATA)" if self.of == "memory" else "files that can be made"
            return f"{self.do} ends well with {self.amount} {what} and no fewer"
        times = f", {self.ratio:.1f} times the home's {self.home} KiB" if self.ratio is not None else ""
        used = f"; at most {self.used} KiB of it are in use at once" if self.used is not None else ""
        return f"{self.do} ends well with {self.amount} KiB free and no less{times}{used}"


def lacking(step: Step) -> Kind | None:
    """Returns of what a step has too little, if it does."""
    found: Sequence[tuple[Kind, str]] = (
        ("disk", step.disk),
        ("inodes", step.inodes),
        ("memory", step.memory),
    )
    return next((kind for kind, way in found if way == "sweep"), None)


def untold(scenario: Scenario, session: Session) -> str:
    """Returns why a step's scarcity cannot be had in the sandbox, empty where it can."""
    for kind in filter(None, map(lacking, scenario.steps)):
        if kind != "memory" and kind not in session.limits:
            return (
                f"in the sandbox {session.level} the homes have no memory file system whose {kind} could be taken up, "
                "so there is never too little of it"
            )
    return ""


@dataclass(frozen=True, slots=True)
class Scarcity:
    """A step on one home, and what it leaves there where nothing is lacking; None when it does not succeed."""

    number: int
    step: Step
    profile: Profile
    session: Session
    before: Home
    of: Kind

    def clean(self) -> tuple[Home | None, int | None]:
        """Returns what the step leaves where it has all it needs, and how many KiB of the disk it had in use at most."""
        if self.session.supervises:
            recording, clean = record(
                self.step, self.profile, self.session, before=self.before, orders=_COUNT
            )
            return clean, recording.used
        return clean_end(self.step, self.profile, self.session, before=self.before), None

    def amounts(self, used: int | None) -> tuple[Need, list[Fault]]:
        """Returns the need, and each amount up to it with which the step comes far enough to do anything.

        It has to end well where nothing is lacking.
        """
        grain = _GRAIN[self.of]
        enough = smallest(self._ends_well, 0, self._plenty(), grain)
        if enough == 0:
            return self._need(0, used), [Fault(self.of, 0)]  # that it can do without is worth a case
        first = 0
        if self.of == "memory":  # below that, no program could even begin
            first = smallest(self._begins, 0, enough, 4 * grain)
        return self._need(enough, used), [
            Fault(self.of, amount) for amount in thinned(range(first, enough + 1, grain), _MOST)
        ]

    def _need(self, amount: int, used: int | None) -> Need:
        return Need(
            self.number,
            self.step.do,
            self.of,
            amount,
            pages(self.before),
            used if self.of == "disk" else None,
        )

    def _plenty(self) -> int:
        """Returns an amount that is surely enough: here, nothing is lacking."""
        if self.of != "memory":
            return self.session.limits[self.of]
        return _LITTLE_MEMORY if self._ends_well(_LITTLE_MEMORY) else _MEMORY

    def _ends_well(self, left: int) -> bool:
        self.session.lay_out(self.before)
        ran = run_verb(self.step, self.profile, self.session, left={self.of: left})
        return self.profile.outcome_of(ran.status) in {"done", "partial"}

    def _begins(self, left: int) -> bool:
        """Tells whether the program leaves any trace of its work: a report, a change, an exit status that it has declared."""
        self.session.lay_out(self.before)
        ran = run_verb(self.step, self.profile, self.session, left={self.of: left})
        if ran.report is not None or self.profile.outcome_of(ran.status) != "unknown":
            return True
        return any(self.before.changes_to(self.session.observe(), times=True))


def smallest(enough: Callable[[int], bool], low: int, high: int, grain: int) -> int:
    """Returns the smallest amount, in whole grains from `low`, that is enough, by halving; `high` is enough.

    Where more is not always better, it is one that is enough while a grain less is not.
    """
    if enough(low):
        return low
    first, last = 0, -(-(high - low) // grain)
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (first, middle) if enough(low + middle * grain) else (middle, last)
    return low + last * grain


def thinned(amounts: Sequence[int], most: int) -> list[int]:
    """Returns at most so many of the amounts, evenly spaced, the first and the last among them."""
    if len(amounts) <= most:
        return list(amounts)
    return sorted({amounts[round(place * (len(amounts) - 1) / (most - 1))] for place in range(most)})


def sampled(found: Sequence[Fault], points: int, random: Random) -> list[Fault]:
    """Returns so many of the faults (0 for all), in their order; the last two, just enough and nearly, come first."""
    if not points or len(found) <= points:
        return list(found)
    last = list(found[-min(2, points) :])
    return sorted([*random.sample(found[: -len(last)], points - len(last)), *last], key=found.index)


def nearby(found: Sequence[Fault], wanted: Fault) -> list[Fault]:
    """Returns what to try of these on a smaller home: the wanted amount, and some that are spread over all."""
    if not found:
        return []
    places = thinned(range(len(found)), _ALIKE)
    return list(
        dict.fromkeys(
            [*(one for one in found if one == wanted), *(found[place] for place in reversed(places))]
        )
    )


def pages(home: Home) -> int:
    """Returns what lies in a home, in KiB, each file in whole pages of 4 KiB and each content once for each name."""
    return sum(-(-entry.size // 4096) * 4 for entry in home.entries.values() if entry.kind == "file")


def largest(needs: Iterable[Need]) -> tuple[Need, ...]:
    """Returns the largest need of each step."""
    found: dict[tuple[int, Kind], Need] = {}
    for need in needs:
        known = found.get((need.step, need.of))
        if known is None or need.amount > known.amount:
            found[need.step, need.of] = need
    return tuple(found.values())
