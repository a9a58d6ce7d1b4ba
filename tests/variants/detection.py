"""The detection matrix: which way of injecting faults sees which mistake, in numbers of bad cases and of cases tried.

`MUST` says of each mistake the ways that have to see it, `MAY` those that can; all other cells stay zero, for an alarm there is false.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from cabinet_pack import CABINET
from toy import TOY, TOY_PROFILE, numbers_of

from harness.branching import Branches
from harness.history import History
from harness.home import Home
from harness.result import judge_history
from harness.sandbox.session import Session
from harness.scenario import Scenario, Step
from harness.sut import Profile
from harness.system import Actor, System
from harness.verdict import Status

FOLDER = Path(__file__).parent
NUMBERS = [7, 8, 9]


@dataclass(frozen=True)
class Way:
    """One column: the faults of the step that branches, its place, and how many of them are enough."""

    faults: Mapping[str, Any]
    points: int
    verbs: tuple[str, ...] = ("migrate", "migrate", "rollback")
    place: int = 0
    claims: tuple[str, ...] = ()

    def scenario(self, *, every: bool) -> Scenario:
        """Returns the steps, with all faults or as many as are enough."""
        more = dict(self.faults) if every else {**self.faults, "points": self.points}
        steps = [
            Step(do=verb, **(more if place == self.place else {}))  # type: ignore[arg-type]
            for place, verb in enumerate(self.verbs)
        ]
        return Scenario(
            summary="s", system="toy", shows=[], name="toy-each", steps=steps, claims=list(self.claims)
        )


UNDONE, BACK = ("migrate", "rollback"), ("migrate", "rollback", "rollback")
WAYS = {
    "kill": Way({"kill": "each-write"}, 20),
    "kill, undone": Way({"kill": "each-write"}, 20, UNDONE),
    "kill, way back": Way({"kill": "each-write"}, 12, BACK, place=1),
    "error": Way({"error": "each"}, 48),
    "short": Way({"short": "each"}, 8),
    "ext4": Way({"power": "ext4"}, 28),
    "strict": Way({"power": "strict"}, 40),
    "writer": Way({"during": "legacy-adds"}, 8, ("migrate",), claims=("others-writes-told",)),
}

KILLS, POWER = {"kill", "kill, undone", "kill, way back"}, {"ext4", "strict"}
ERRORS = {"error once", "error from then on"}
MUST: dict[tuple[str, str], set[str]] = {
    ("five", "safe"): set(),
    ("five", "early"): {"kill", "error once", *POWER},
    ("five", "inplace"): {"kill", *ERRORS, *POWER},
    ("five", "nosync"): POWER,
    ("five", "nodirsync"): {"strict"},
    ("five", "blind"): {"writer"},
    ("cabinet", "none"): set(),
    ("cabinet", "nothing-forced"): POWER,
    ("cabinet", "no-folder-forced"): {"strict"},
    ("cabinet", "renamed-unforced"): POWER,
    ("cabinet", "backup-folder-unforced"): {"strict"},
    ("cabinet", "target-unforced"): POWER,
    ("cabinet", "journal-late"): {"kill, undone"},
    ("cabinet", "marker-first"): {"kill", *ERRORS, *POWER},
    ("cabinet", "legacy-first"): POWER,
    ("cabinet", "error-of-force-retried"): {"error once"},
    ("cabinet", "full-disk-swallowed"): {"error once"},
    ("cabinet", "target-error-swallowed"): {"error once"},
    ("cabinet", "one-write"): {"short"},
    ("cabinet", "interrupted-call-ignored"): {"error once"},
    ("cabinet", "parts-left"): {"kill", "kill, way back"},
    ("cabinet", "mode-by-default"): {"kill, way back"},
    ("cabinet", "lock-stays"): {"kill", *POWER},
    ("cabinet", "size-trusted"): {"strict"},
    ("cabinet", "manifest-in-place"): {"kill, undone"},
    ("cabinet", "backup-in-place"): {"kill"},
}
"""The cells that a sample must show."""
MAY: dict[str, set[str]] = {
    "early": ERRORS | KILLS,
    "inplace": KILLS | {"short"},
    "nosync": {"error once"},
    "nodirsync": {"error once"},
    "journal-late": POWER,
    "marker-first": KILLS,
    "parts-left": KILLS | ERRORS | POWER,
    "mode-by-default": {"kill, undone"},
    "lock-stays": KILLS | ERRORS,
    "size-trusted": {"kill", "kill, undone", *ERRORS, *POWER},
    "manifest-in-place": KILLS | ERRORS | POWER,
    "backup-in-place": KILLS | ERRORS | POWER,
    "full-disk-swallowed": ERRORS | {"kill"},
    "target-error-swallowed": ERRORS,
}
"""Cells that show the same mistake in a rarer state; all others must stay zero, exhaustively too."""


def adds(home: Home, _keeps: object) -> Home:
    """Another program adds a number to the legacy file."""
    return home.with_file("legacy", str([*numbers_of(home), 11]).encode())


class Written(type(TOY)):  # type: ignore[misc]
    """The toy, with somebody who writes to its legacy file."""

    ACTORS: Mapping[str, Actor] = {"legacy-adds": Actor("adds a number", (), frozenset(), adds)}


PACKS: dict[str, System] = {"five": Written(), "cabinet": CABINET}


def profile_of(program: str, variant: str, *, reports: bool = False) -> Profile:
    """Returns the profile of a variant of one of the programs."""
    verbs = {
        verb: ["python3", "-I", "-S", f"{{support}}/{program}.py", variant, verb]
        for verb in ("migrate", "rollback")
    }
    own: dict[str, Any] = {"reports": reports} if program == "five" else {"backup": "copies"}
    return msgspec.structs.replace(
        TOY_PROFILE, name=variant, verbs=verbs, keeps=[".state"], timeout=30.0, **own
    )


@dataclass(frozen=True)
class Cell:
    """How many cases were tried and how many of them were bad; of the first bad one fault and findings."""

    bad: int
    tried: int
    void: int
    first: str = ""

    def __str__(self) -> str:
        return f"{self.bad}/{self.tried}"


def cells(
    session: Session, program: str, variant: str, *, every: bool = False, only: Collection[str] = ()
) -> Iterator[tuple[str, Cell]]:
    """Yields the columns of one variant, `only` those named where any are; errors that come once and those that last are two."""
    for name, way in WAYS.items():
        columns = ERRORS if name == "error" else {name}
        if (name == "writer" and program != "five") or (only and not columns & set(only)):
            continue
        scenario = way.scenario(every=every)
        if name == "error":
            yield from _split(session, program, variant, scenario)
        else:
            yield name, _cell(_cases(session, program, variant, scenario))


def _cases(
    session: Session, program: str, variant: str, scenario: Scenario
) -> Iterator[tuple[str, Status, str]]:
    """Yields of each case the fault, the verdict, and the first finding."""
    system = PACKS[program]
    profile = profile_of(program, variant, reports="others-writes-told" in scenario.claims)
    home = system.write(NUMBERS, session.root_for())
    branches = Branches(system, scenario, profile, session, Random(0))
    for events, chosen in branches.cases(home):
        verdict = judge_history(system, profile, scenario, History(home, events))
        why = [f"{found.claim}: {found.subject}: {found.found}" for found in verdict.findings[:1]]
        why += [result.note for result in verdict.results if result.status is Status.UNKNOWN][:1]
        yield str(chosen[0].fault), verdict.status, " ".join(why)


def _cell(cases: Iterable[tuple[str, Status, str]]) -> Cell:
    found = list(cases)
    bad = [f"{fault}: {why}" for fault, status, why in found if status is Status.FAIL]
    void = [f"{fault}: {why}" for fault, status, why in found if status is Status.UNKNOWN]
    return Cell(len(bad), len(found), len(void), next(iter([*bad, *void]), ""))


def _split(session: Session, program: str, variant: str, scenario: Scenario) -> Iterator[tuple[str, Cell]]:
    found = list(_cases(session, program, variant, scenario))
    yield "error once", _cell(one for one in found if not one[0].endswith("+"))
    yield "error from then on", _cell(one for one in found if one[0].endswith("+"))


COLUMNS = [name for name in WAYS if name != "error"]
COLUMNS[COLUMNS.index("short") : COLUMNS.index("short")] = ["error once", "error from then on"]


def table(rows: Mapping[tuple[str, str], Mapping[str, Cell]]) -> Iterator[str]:
    """Yields the matrix as lines of Markdown."""
    yield f"| mistake | {' | '.join(COLUMNS)} |"
    yield "|---" * (len(COLUMNS) + 1) + "|"
    for (_, variant), found in rows.items():
        yield f"| {variant} | {' | '.join(str(found.get(name, '')) for name in COLUMNS)} |"
