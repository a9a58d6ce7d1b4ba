"""The spine: load → draw → damage → lay out → run → observe → judge, case after case, and shrink what fails."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from hypothesis.strategies import SearchStrategy

from harness.branching import ALL, Branches, Choice, Chosen, exactly, like
from harness.draft import Draft, asked_for, dealt, drafts, make_home
from harness.evidence import Evidence
from harness.fault import Fault
from harness.history import History
from harness.home import Home
from harness.interruption import NO_KILLS, Kills, kills_of
from harness.sandbox.channel import SandboxError
from harness.sandbox.session import Session
from harness.scenario import Scenario, ScenarioError, story_of
from harness.shrink import shrink
from harness.store import RunFolder
from harness.story import Story, Told, as_rows
from harness.sut import Profile
from harness.system import System, dialogue_of, queries_of
from harness.verdict import ClaimResult, Status, Verdict, judge, worst
from harness.world import World, tell

# Hypothesis puts constants of all local modules that happen to be loaded into its draws; a seed would then draw other
# homes in the gate than in a run, and after each edit.
providers._get_local_constants = Constants  # noqa: SLF001

_SHRINK_SECONDS = 30.0  # then the smallest failing home so far is kept
_MOMENTS = 3  # at which a smaller home is killed before it counts as harmless
Judged = tuple[Verdict, History, tuple[Chosen, ...]]
Progress = Callable[[int, int, int], None]
"""Called after each case with: cases done, cases wanted, cases failed."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run of one scenario came to; `smallest` is the verdict on the smallest failing home."""

    scenario: str
    system: str
    profile: str
    level: str
    seed: int
    verdicts: tuple[Verdict, ...]
    smallest: Verdict | None
    damage: tuple[str, ...]  # of the smallest failing home
    folder: str
    seconds: float
    notes: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()  # of the smallest failing case of a story
    kills: Kills = NO_KILLS
    homes: int = 0
    faults: tuple[str, ...] = ()  # of the smallest failing case, one for each step that branches
    befell: tuple[str, ...] = ()  # the same in words

    @property
    def status(self) -> Status:
        """The worst of all cases; no case at all is unknown."""
        return worst(verdict.status for verdict in self.verdicts)


@dataclass
class _Exploration:
    """The state of one run: what was tried, what failed, and the smallest failing case so far."""

    system: System
    scenario: Scenario
    profile: Profile
    session: Session
    folder: RunFolder
    wanted: int
    progress: Progress
    clock: Callable[[], float]
    number: int
    given: Home | None = None
    verdicts: list[Verdict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    smallest: tuple[Verdict, History] | None = None
    story: Story | None = None
    kills: Kills = NO_KILLS
    place: int = 0  # of the case at hand
    choice: Choice = ALL
    homes: int = 0  # tried
    chosen: tuple[Chosen, ...] = ()  # the faults of the smallest failing case

    def __post_init__(self) -> None:
        self.story = story_of(self.scenario)

    def explore(self, drafts: Iterable[Draft], *, shrinking: bool) -> None:
        """Tries one home after the other up to the first that fails, and shrinks that one."""
        for self.place, draft in enumerate(drafts):
            self.homes += 1
            for verdict, history, chosen in self.run(draft, self.choice):
                if self.story is not None and not history.events:
                    continue  # none of its steps ran a verb: nothing to judge
                self.record(verdict, history)
                if verdict.status is Status.FAIL:
                    self._failed(verdict, history, chosen)
                    self._shrink(draft, verdict.failed[0], seconds=_SHRINK_SECONDS if shrinking else 0.0)
                    return

    def try_home(self, home: Home, steps: Iterable[Told], times: int) -> None:
        """Tries one home up to the first failure; more than once where each time kills come at other moments."""
        self.homes = 1
        for self.place in range(times):
            for verdict, history, chosen in self.run_home(home, {"damage": []}, steps, choice=self.choice):
                self.record(verdict, history)
                if verdict.status is Status.FAIL:
                    self._failed(verdict, history, chosen)
                    return

    def _failed(self, verdict: Verdict, history: History, chosen: tuple[Chosen, ...]) -> None:
        self.smallest, self.chosen = (verdict, history), chosen

    def _shrink(self, draft: Draft, claim: str, seconds: float) -> None:
        """Makes the failing home smaller while the same claim fails, and tries the smallest once more."""

        def still_fails(smaller: Draft) -> bool:
            choice = self.choice if self.choice.exact else like(self.chosen)
            timed = self.kills.tried and not self.chosen
            for attempt in range(_MOMENTS if timed else 1):
                try:
                    for verdict, history, chosen in self.run(smaller, choice, attempt):
                        if claim in verdict.failed:
                            self._failed(verdict, history, chosen)
                            return True
                except SandboxError:
                    raise
                except Exception:  # noqa: BLE001 - a state that its pack cannot write is not a smaller home
                    return False
            return False

        smallest = shrink(draft, still_fails, until=self.clock() + seconds, clock=self.clock)
        if not still_fails(smallest):
            why = "the migrator does not repeat itself"
            if self.kills.tried:
                why = "a kill does not come at the same point of the work twice; the kept case shows what it left"
            self.notes.append(f"{claim} held when the failing home was tried again: {why}")

    def leave_open(self, note: str) -> None:
        """Makes the result unknown, unless a case has failed."""
        self.notes.append(note)
        self.verdicts.append(unknown(note))

    def record(self, verdict: Verdict, history: History) -> None:
        """Stores a case, counts it and tells how far the run is."""
        self.folder.add_case(len(self.verdicts), history)
        self.verdicts.append(verdict)
        self.kills += kills_of(history.events)
        failed = sum(1 for verdict in self.verdicts if verdict.status is Status.FAIL)
        self.progress(self.homes, self.wanted, failed)

    def result(self, number: int, seconds: float) -> RunResult:
        """Stores the smallest failing case and returns what the run came to."""
        if self.kills.tried and not self.kills.landed:
            self.leave_open("no kill landed: every step had ended before its moment came")
        smallest, history = self.smallest or (None, None)
        if history is not None:
            self.folder.set_smallest(history)
        return RunResult(
            scenario=self.scenario.name,
            system=self.scenario.system,
            profile=self.profile.name,
            level=self.session.level,
            seed=number,
            verdicts=tuple(self.verdicts),
            smallest=smallest,
            damage=tuple(history.draft["damage"]) if history else (),
            steps=tuple(str(Told(*row)) for row in history.draft.get("steps", ())) if history else (),
            folder=str(self.folder.path),
            seconds=seconds,
            notes=tuple(self.notes),
            kills=self.kills,
            homes=self.homes,
            faults=tuple(str(one.fault) for one in self.chosen) if history else (),
            befell=tuple(f"step {e.step}: {e.ended()}" for e in history.events if e.kill and e.kill.fault)
            if history
            else (),
        )

    def run(self, draft: Draft, choice: Choice = ALL, attempt: int = 0) -> Iterator[Judged]:
        """Yields the verdict on each case of the home of a draft, with its history and its faults."""
        if self.given is not None:
            home, about = self.given, dict[str, Any](damage=[])
        else:
            home, applied = make_home(self.system, draft, self.session.root_for)
            about = dict(draft.as_data(applied))
        return self.run_home(home, about, draft.steps, choice, attempt)

    def run_home(
        self,
        home: Home,
        about: Mapping[str, Any],
        steps: Iterable[Told] = (),
        choice: Choice = ALL,
        attempt: int = 0,
    ) -> Iterator[Judged]:
        """Yields the verdict on each case of a home; each attempt kills at other moments."""
        random = Random(f"{self.number}/{self.place}/{attempt}")  # noqa: S311 - moments, not secrets
        if self.story is not None:
            world = World(self.system, self.profile, self.session, home, random=random)
            about = {**about, "steps": as_rows(tell(self.story, world, steps))}
            yield *self._judged(History(home, tuple(world.events), about)), ()
            return
        branches = Branches(self.system, self.scenario, self.profile, self.session, random, choice)
        for events, chosen in branches.cases(home):
            faults = {"faults": [str(one.fault) for one in chosen]} if chosen else {}
            yield *self._judged(History(home, events, {**about, **faults})), chosen

    def _judged(self, history: History) -> tuple[Verdict, History]:
        return judge_history(self.system, self.profile, self.scenario, history, self.story), history


def unknown(note: str) -> Verdict:
    """Returns the verdict on a case that the harness could not try."""
    return Verdict((ClaimResult("harness", Status.UNKNOWN, note=note),))


def judge_history(
    system: System, profile: Profile, scenario: Scenario, history: History, story: Story | None = None
) -> Verdict:
    """Returns the verdict, unknown where the sandbox did not lay out the home that was asked for."""
    first = history.events[0] if history.events else None
    if first and not first.meanwhile and any(history.home.changes_to(first.before, times=True)):
        return unknown("the sandbox did not lay out the home as asked")
    void = [
        event.kill.fault
        for event in history.events
        if event.kill and not event.kill.landed and event.kill.fault
    ]
    if void and story is None:
        return unknown(f"the fault {void[0]} did not come about: the step has no such operation")
    own = story.own_claims() if story else ()
    return judge(evidence_of(system, profile, history), scenario.claims, own)


def evidence_of(system: System, profile: Profile, history: History) -> Evidence:
    """Returns the history with the pack's answers beside it."""
    return Evidence(
        history,
        profile,
        system.expect,
        system.read_target,
        system.problems_of,
        system.read_stored,
        dialogue_of(system),
        getattr(system, "written_back", None),
        queries_of(system),
    )


def run_scenario(
    system: System,
    scenario: Scenario,
    profile: Profile,
    session: Session,
    folder: RunFolder,
    *,
    number: int,
    cases: int,
    progress: Progress = lambda _done, _wanted, _failed: None,
    clock: Callable[[], float] = time.monotonic,
    home: Home | None = None,
    steps: tuple[Told, ...] = (),
    shrink_failing: bool = True,
    faults: Sequence[Fault] = (),
) -> RunResult:
    """Runs the scenario over the homes of seed `number` (or over one given home) and returns what came of it.

    A story over a given home takes the given steps, or draws some where none are given.  With `faults` each branching
    step meets just the one named.  The first failing case ends
    the run and is shrunk while the same claim fails.  Everything is kept in the run's folder.  A failure of the
    sandbox makes the result unknown.

    Raises:
        ScenarioError: the scenario asks for what the pack does not know.
    """
    check_actors(system, scenario)
    began = clock()
    exploration = _Exploration(
        system, scenario, profile, session, folder, cases, progress, clock, number, home
    )
    exploration.choice = exactly(faults) if faults else ALL
    versions = {name: version(name) for name in ("hypothesis", "faker")} | {
        "python": platform.python_version()
    }
    folder.write_json(
        "run.json", {"seed": number, "cases": cases, "level": session.level, "versions": versions}
    )
    try:
        story = exploration.story
        if home is None:
            draw = drawn if story is None else drawn_apart
            found = dealt(
                draw(drafts(system, scenario, story), number, cases), asked_for(system, scenario), number
            )
            exploration.explore(found, shrinking=shrink_failing)
        elif story is None or steps:
            killing = any(step.kill == "random" for step in scenario.steps)
            exploration.try_home(home, steps, times=cases if killing else 1)
        else:
            orders = story.tellings().map(lambda told: Draft(told, None))
            exploration.explore(drawn_apart(orders, number, cases), shrinking=shrink_failing)
    except Unsatisfiable:
        exploration.leave_open("no home of this shape could be drawn")
    except SandboxError as error:
        exploration.leave_open(f"the sandbox failed: {error}")
    return exploration.result(number, clock() - began)


def drawn_apart(strategy: SearchStrategy[Draft], number: int, cases: int) -> list[Draft]:
    """Returns `cases` drafts that a seed stands for, the simplest first, each drawn for itself.

    In one go Hypothesis draws five variations of each before the next, which leaves few orders of steps.
    """
    others = (drawn(strategy, f"{number}/{place}", 2)[-1] for place in range(1, cases))
    return [*drawn(strategy, number, 1), *others]


def drawn(strategy: SearchStrategy[Draft], number: int | str, cases: int) -> list[Draft]:
    """Returns the drafts that a seed stands for, the simplest first, at most `cases` of them.

    Hypothesis only draws here.  It would shrink as well, but not a home that is drawn as one number, and text by
    text where whole sessions can go; `shrink` knows the shape.

    Raises:
        Unsatisfiable: the strategy has nothing to draw.
    """
    found: list[Draft] = []

    @seed(number)
    @settings(
        max_examples=cases,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(strategy)
    def collect(draft: Draft) -> None:
        found.append(draft)

    collect()
    return found[:cases]


def check_actors(system: System, scenario: Scenario) -> None:
    """Checks that the pack knows every actor the scenario's steps name.

    Raises:
        ScenarioError: it does not.
    """
    for step in scenario.steps:
        if step.meanwhile and step.meanwhile not in system.ACTORS:
            known = ", ".join(sorted(system.ACTORS))
            raise ScenarioError(f"{scenario.name}: no such actor: {step.meanwhile}; known are {known}")


def judge_again(
    system: System, profile: Profile, scenario: Scenario, folder: RunFolder
) -> dict[str, Verdict]:
    """Returns today's verdict on each stored case of a run, by the case's name.

    Raises:
        ScenarioError: it is a story, and its file is gone or cannot be used any more.
    """
    story = story_of(scenario)
    return {
        name: judge_history(system, profile, scenario, history, story) for name, history in folder.histories()
    }
