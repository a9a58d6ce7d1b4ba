"""A product so small that it fits on a page, migrators for it that are plain functions, and a sandbox in memory.

Its legacy state is one file `legacy`, a JSON list of numbers; each number has to become a row of `target.json`,
and numbers below zero are set aside.  It does without files of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Self, cast

from handwritten import PROFILE, damage_of, problems_of, read_stored, read_target, stored
from hypothesis import strategies as st

from harness.corruption import Corruption
from harness.expectation import Expectation, Fate
from harness.gate import Metric, Trigger
from harness.home import Home
from harness.records import Tables
from harness.result import RunResult
from harness.sandbox.channel import SandboxError
from harness.sandbox.ended import Ran
from harness.sandbox.holders import Holder, Process
from harness.sandbox.session import Session
from harness.scenario import Scenario, Step
from harness.stored import Stored
from harness.sut import Profile, Verb
from harness.system import Actor, System

LOCK = Process("lock", "{pid}\n")
WRITABLE = frozenset({"target.json"})


@dataclass(frozen=True)
class ToyShape:
    """What a scenario may ask of a toy home."""

    numbers: int = 6
    damage: list[str] = field(default_factory=list)
    damage_count: Any = (0, 1)


def negate(home: Home, random: Random) -> Home | None:
    """One of the numbers is negative from now on."""
    numbers = numbers_of(home)
    if not numbers:
        return None
    numbers[random.randrange(len(numbers))] = -1
    return home.with_file("legacy", json.dumps(numbers).encode())


def numbers_of(home: Home) -> list[int]:
    numbers: list[int] = json.loads(home.content("legacy"))
    return numbers


def tables_of(numbers: Sequence[int]) -> Tables:
    return {"notes": {str(place): {"value": n} for place, n in enumerate(numbers) if n >= 0}}


class Toy:
    """The pack."""

    NAME = "toy"
    PROFILES = Path("nowhere")
    CORRUPTIONS: Mapping[str, Corruption] = {
        "negate": Corruption("negate", "a negative number", frozenset({"negative"}), negate),
        "nothing": Corruption("nothing", "never finds a place", frozenset(), lambda _home, _random: None),
    }
    ACTORS: Mapping[str, Actor] = {"holder": Actor("holds a lock", (LOCK,), frozenset({"locked"}))}
    METRICS: tuple[Metric, ...] = ()
    TRIGGERS: tuple[Trigger, ...] = ()

    def shape(self, asked: Mapping[str, Any]) -> ToyShape:
        try:
            return ToyShape(**asked)
        except TypeError as error:
            raise ValueError(str(error)) from error

    def states(self, shape: ToyShape) -> st.SearchStrategy[tuple[int, ...]]:
        return st.lists(st.integers(0, 1000), max_size=shape.numbers).map(tuple)

    def draw(self, shape: ToyShape, seed: int) -> tuple[int, ...]:
        random = Random(seed)
        return tuple(random.randrange(1000) for _ in range(shape.numbers))

    def write(self, state: Sequence[int], root: str) -> Home:
        return Home.empty(root, mtime_ns=1).with_file("legacy", json.dumps(list(state)).encode())

    def user_of(self, _state: object) -> str:
        return "u"

    def expect(self, home: Home, conditions: frozenset[str]) -> Expectation:
        numbers = numbers_of(home)
        return Expectation(
            refusals=conditions,
            tables=tables_of(numbers),
            writable=WRITABLE,
            fates=tuple(
                Fate("note", "legacy", str(place), "migrated" if n >= 0 else "set-aside")
                for place, n in enumerate(numbers)
            ),
        )

    def read_target(self, home: Home) -> Tables:
        return read_target(home)

    def read_stored(self, home: Home) -> Stored:
        return read_stored(home)

    def problems_of(self, home: Home) -> list[str]:
        return problems_of(home)

    def damage_of(self, home: Home) -> list[str]:
        return damage_of(home)


TOY = cast("System", Toy())
TOY_PROFILE = Profile(
    system="toy",
    name="by-function",
    verbs={"migrate": ["migrate"], "rollback": ["rollback"], "verify": ["verify"]},
    exit=PROFILE.exit,
    timeout=5.0,
)


@dataclass(frozen=True)
class Did:
    """What a toy migrator did: the home it left, its exit status, and whether its time ran out."""

    home: Home
    status: int | None = 0
    timed_out: bool = False
    report: bytes | None = None


Migrator = Callable[[str, Home], Did]
Run = Callable[..., RunResult]


def storing(home: Home, tables: Tables) -> Home:
    """Returns the home with these tables in its store; nothing is written that is there already."""
    text = stored(tables).encode()
    old = home.get("target.json")
    return home if old and home.content("target.json") == text else home.with_file("target.json", text)


def right(verb: str, home: Home) -> Did:
    """The right migrator."""
    if home.get("lock"):
        return Did(home, 3)
    if verb == "rollback":
        return Did(home.without("target.json"))
    if verb == "verify":
        return Did(home)
    numbers = numbers_of(home)
    return Did(storing(home, tables_of(numbers)), 4 if min(numbers, default=0) < 0 else 0)


@dataclass
class InMemory:
    """A session whose commands are calls of a Python function; `breaks` tells at which calls of `run` it fails.

    A command that is to be killed is a call of `killed` instead, or ends before its moment where there is none; so
    the first `misses` of them do.
    """

    migrator: Migrator = right
    killed: Migrator | None = None
    misses: int = 0
    breaks: Callable[[int], bool] = lambda _call: False
    distort: Callable[[Home], Home] = lambda home: home
    level: str = "bare"
    supervises: bool = True
    warm: tuple[str, ...] = ()
    support: str | None = None
    runs: int = 0
    home: Home = field(default_factory=lambda: Home.empty("/home/u"))
    held: list[str] = field(default_factory=list)
    argvs: list[list[str]] = field(default_factory=list)
    moments: list[tuple[float, bool]] = field(default_factory=list)

    def root_for(self, user: str) -> str:
        return f"/home/{user}"

    def lay_out(self, home: Home) -> None:
        self.home, self.held = self.distort(home), []

    def observe(self) -> Home:
        return self.home

    def hold(self, holder: Holder) -> int:
        assert isinstance(holder, Process)
        self.held.append(holder.file)
        self.home = self.home.with_file(holder.file, b"1\n")
        return 1

    def release(self) -> None:
        for path in self.held:
            self.home = self.home.without(path)
        self.held = []

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        timeout: float,
        watch: bool = False,
        kill_after: float | None = None,
        since_change: bool = False,
    ) -> Ran:
        self.runs += 1
        self.argvs.append(list(argv))
        if self.breaks(self.runs):
            raise SandboxError("the runner failed at 'run': it ended")
        dies = kill_after is not None and self.killed is not None and len(self.moments) >= self.misses
        did = self.killed(argv[0], self.home) if dies and self.killed else self.migrator(argv[0], self.home)
        if kill_after is not None:
            self.moments.append((kill_after, since_change))
        self.home = did.home
        status = None if did.timed_out else did.status
        return Ran(
            status=status if status is None or status >= 0 else None,
            signal=-status if status is not None and status < 0 else None,
            timed_out=did.timed_out,
            seconds=timeout if did.timed_out else 0.01,
            stdout=b"out \xff",
            stderr=b"",
            report=did.report,
            changed=0.005 if watch else None,
            killed=dies,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.held = []

    def as_session(self) -> Session:
        """Returns itself, for those who ask for a real one."""
        return cast("Session", self)


def scenario(*verbs: Verb, meanwhile: str = "", **more: Any) -> Scenario:
    """Returns a scenario of these steps; the actor is at work in the first."""
    steps = [
        Step(do=verb, meanwhile="" if place else meanwhile)
        for place, verb in enumerate(verbs or ("migrate",))
    ]
    return Scenario(summary="s", system="toy", steps=steps, shows=["X-01"], name="toy-any", **more)
