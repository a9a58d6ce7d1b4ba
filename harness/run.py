"""The spine: load → draw → damage → lay out → run → observe → judge, case after case, and shrink what fails."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import Flaky, Unsatisfiable
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from hypothesis.strategies import DrawFn, SearchStrategy, composite

from harness.case import run_case
from harness.draft import Draft, drafts, make_home
from harness.evidence import Evidence
from harness.history import Event, History
from harness.home import Home
from harness.sandbox.channel import SandboxError
from harness.sandbox.session import Session
from harness.scenario import Scenario, ScenarioError
from harness.store import RunFolder
from harness.sut import Profile
from harness.system import System
from harness.verdict import ClaimResult, Status, Verdict, judge, worst

# Hypothesis puts constants of all local modules that happen to be loaded into its draws; a seed would then draw other
# homes in the gate than in a run, and after each edit.
providers._get_local_constants = Constants  # noqa: SLF001

_SHRINK_SECONDS = 60.0  # then the smallest failing home so far is kept
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

    @property
    def status(self) -> Status:
        """The worst of all cases; no case at all is unknown."""
        return worst(verdict.status for verdict in self.verdicts)


class _Sealed:
    """A draft that Hypothesis does not spell out: the source text of a large home takes it minutes."""

    __slots__ = ("draft",)

    def __init__(self, draft: Draft) -> None:
        self.draft = draft

    def __repr__(self) -> str:
        return "a home"


@composite
def _sealed(draw: DrawFn, strategy: SearchStrategy[Draft]) -> _Sealed:
    return _Sealed(draw(strategy))


class _CaseFailedError(Exception):
    """Tells Hypothesis that a home is interesting."""


@dataclass
class _Exploration:
    """The state of one run: what was tried, what failed first, and the smallest failing case so far."""

    system: System
    scenario: Scenario
    profile: Profile
    session: Session
    folder: RunFolder
    wanted: int
    progress: Progress
    clock: Callable[[], float]
    verdicts: list[Verdict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failing: dict[str, tuple[Verdict, History]] = field(default_factory=dict)
    chased: str = ""  # the claim whose failure is being shrunk
    started_shrinking: float = 0.0
    smallest: tuple[Verdict, History] | None = None
    last_failed: Draft | None = None
    broken: SandboxError | None = None

    def attempt(self, draft: Draft) -> None:
        """Runs and judges one home; raises for Hypothesis when it fails the claim that is being shrunk.

        Hypothesis would try a home again on which the sandbox broke, and take a second success for an answer;
        so that error is kept, and from then on nothing is run.
        """
        if self.broken and repr(draft) not in self.failing:
            return
        try:
            self._attempt(draft)
        except SandboxError as error:
            self.broken = error

    def _attempt(self, draft: Draft) -> None:
        key = repr(draft)
        if self.chased:
            if key not in self.failing and self.clock() - self.started_shrinking > _SHRINK_SECONDS:
                return
            verdict, history = self.failing.get(key) or self._run(draft)
            if self.chased not in verdict.failed:
                return
        else:
            verdict, history = self._run(draft)
            self.record(verdict, history)
            if verdict.status is not Status.FAIL:
                return
            self.chased, self.started_shrinking = verdict.failed[0], self.clock()
        self.failing[key] = self.smallest = (verdict, history)
        self.last_failed = draft
        raise _CaseFailedError(self.chased)

    def confirm(self) -> None:
        """Runs the smallest failing home once more and notes it when the same claim holds this time."""
        if self.last_failed is not None and self.chased not in self._run(self.last_failed)[0].failed:
            self.notes.append(
                f"{self.chased} held when the failing home was tried again: the migrator does not repeat itself"
            )

    def leave_open(self, note: str) -> None:
        """Makes the result unknown, unless a case has failed."""
        self.notes.append(note)
        self.verdicts.append(unknown(note))

    def record(self, verdict: Verdict, history: History) -> None:
        self.folder.add_case(len(self.verdicts), history)
        self.verdicts.append(verdict)
        failed = sum(1 for verdict in self.verdicts if verdict.status is Status.FAIL)
        self.progress(len(self.verdicts), self.wanted, failed)

    def _run(self, draft: Draft) -> tuple[Verdict, History]:
        home, applied = make_home(self.system, draft, self.session.root_for)
        events = run_case(self.system, self.scenario, self.profile, self.session, home)
        return self.judged(events, home), History(home, events, draft.as_data(applied))

    def judged(self, events: tuple[Event, ...], home: Home) -> Verdict:
        return judge_history(self.system, self.profile, self.scenario, History(home, events))


def unknown(note: str) -> Verdict:
    """Returns the verdict on a case that the harness could not try."""
    return Verdict((ClaimResult("harness", Status.UNKNOWN, note=note),))


def judge_history(system: System, profile: Profile, scenario: Scenario, history: History) -> Verdict:
    """Returns the verdict, unknown where the sandbox did not lay out the home that was asked for."""
    first = history.events[0] if history.events else None
    if first and not first.meanwhile and any(history.home.changes_to(first.before, times=True)):
        return unknown("the sandbox did not lay out the home as asked")
    return judge(evidence_of(system, profile, history), scenario.claims)


def evidence_of(system: System, profile: Profile, history: History) -> Evidence:
    """Returns the history with the pack's answers beside it."""
    return Evidence(history, profile, system.expect, system.read_target, system.problems_of)


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
    shrink: bool = True,
) -> RunResult:
    """Runs the scenario over the homes of seed `number` (or over one given home) and returns what came of it.

    The first failing home ends the drawing; Hypothesis then shrinks it while the same claim fails.  Everything
    is kept in the run's folder.  A failure of the sandbox makes the result unknown.

    Raises:
        ScenarioError: the scenario asks for what the pack does not know.
    """
    check_actors(system, scenario)
    began = clock()
    exploration = _Exploration(system, scenario, profile, session, folder, cases, progress, clock)
    versions = {name: version(name) for name in ("hypothesis", "faker")} | {
        "python": platform.python_version()
    }
    folder.write_json(
        "run.json", {"seed": number, "cases": cases, "level": session.level, "versions": versions}
    )
    try:
        if home is None:
            phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
            _draw(exploration, drafts(system, scenario), number, phases)
        else:
            events = run_case(system, scenario, profile, session, home)
            exploration.record(exploration.judged(events, home), History(home, events))
    except SandboxError as error:
        exploration.leave_open(f"the sandbox failed: {error}")
    smallest = exploration.smallest
    if smallest is not None:
        folder.set_smallest(smallest[1])
    return RunResult(
        scenario=scenario.name,
        system=scenario.system,
        profile=profile.name,
        level=session.level,
        seed=number,
        verdicts=tuple(exploration.verdicts),
        smallest=smallest[0] if smallest else None,
        damage=tuple(smallest[1].draft["damage"]) if smallest else (),
        folder=str(folder.path),
        seconds=clock() - began,
        notes=tuple(exploration.notes),
    )


def _draw(
    exploration: _Exploration, strategy: SearchStrategy[Draft], number: int, phases: tuple[Phase, ...]
) -> None:
    @seed(number)
    @settings(
        max_examples=exploration.wanted,
        database=None,
        deadline=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    @given(_sealed(strategy))
    def attempt(sealed: _Sealed) -> None:
        exploration.attempt(sealed.draft)

    try:
        attempt()
    except _CaseFailedError:
        exploration.confirm()
    except Flaky:
        exploration.leave_open("the harness does not repeat itself: a home could be tried once and not again")
    except Unsatisfiable:
        exploration.leave_open("no home of this shape could be drawn")
    if exploration.broken:
        raise exploration.broken


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
    """Returns today's verdict on each stored case of a run, by the case's name."""
    return {name: judge_history(system, profile, scenario, history) for name, history in folder.histories()}
