"""The spine: load → draw → damage → lay out → run → observe → judge, case after case, and shrink what fails."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version

from hypothesis.errors import Unsatisfiable

from harness.branching import ALL, exactly
from harness.course import ReplayError
from harness.draft import Draft, asked_for, dealt, drafts
from harness.draws import drawn, drawn_apart
from harness.exploration import Exploration, Progress
from harness.fault import ANOTHER_RUN, Fault
from harness.home import Home
from harness.result import RunResult, judge_history
from harness.sandbox.channel import SandboxError
from harness.sandbox.session import Session
from harness.scarcity import untold
from harness.scenario import Scenario, ScenarioError, story_of
from harness.store import RunFolder
from harness.story import Told
from harness.sut import Profile
from harness.system import System
from harness.verdict import Verdict


def run_scenario(
    system: System,
    scenario: Scenario,
    profile: Profile,
    session: Session,
    folder: RunFolder,
    *,
    number: int,
    cases: int,
    progress: Progress = lambda _begun, _wanted, _failed, _cases: None,
    clock: Callable[[], float] = time.monotonic,
    home: Home | None = None,
    steps: tuple[Told, ...] = (),
    shrink_failing: bool = True,
    faults: Sequence[Fault] = (),
) -> RunResult:
    """Runs the scenario over the homes of seed `number` (or over one given home) and returns what came of it.

    A story over a given home takes the given steps, or draws some where none are given.  With `faults` each branching
    step meets just the one named.  The first failing case ends the run and is shrunk while the same claim fails.
    Everything is kept in the run's folder.  A failure of the sandbox makes the result unknown.

    Raises:
        ScenarioError: the scenario asks for what the pack does not know.
    """
    check_actors(system, scenario)
    _check_faults(scenario, faults)
    began = clock()
    exploration = Exploration(
        system, scenario, profile, session, folder, cases, progress, clock, number, home
    )
    exploration.choice = exactly(faults) if faults else ALL
    folder.write_json(
        "run.json", {"seed": number, "cases": cases, "level": session.level, "versions": _versions()}
    )
    if any(step.supervised for step in scenario.steps) and not session.supervises:
        exploration.leave_out("programs can be supervised on x86-64 Linux only, so faults have no place here")
    elif missing := untold(scenario, session):
        exploration.leave_out(missing)
    elif trouble := _explore(exploration, steps, shrinking=shrink_failing):
        exploration.leave_open(trouble)
    elif faults and not exploration.verdicts:
        named = ", ".join(map(str, faults))
        exploration.leave_open(
            f"{named} cannot come about: the step has no such operation on any of these homes"
        )
    return exploration.result(clock() - began)


def _versions() -> dict[str, str]:
    """Returns the versions that decide what a seed stands for."""
    return {name: version(name) for name in ("hypothesis", "faker")} | {"python": platform.python_version()}


def _explore(run: Exploration, steps: tuple[Told, ...], *, shrinking: bool) -> str:
    """Tries what the run asks for, and returns what kept it from that, if anything did."""
    try:
        _try(run, steps, shrinking=shrinking)
    except Unsatisfiable:
        return "no home of this shape could be drawn"
    except SandboxError as error:
        return f"the sandbox failed: {error}"
    except ReplayError as error:
        return f"the loss of power cannot be replayed: {error}"
    return ""


def _try(run: Exploration, steps: tuple[Told, ...], *, shrinking: bool) -> None:
    """Tries drawn homes, or drawn or told steps on the one that is given."""
    story, scenario = run.story, run.scenario
    if run.given is None:
        draw = drawn if story is None else drawn_apart
        found = draw(drafts(run.system, scenario, story), run.number, run.wanted)
        run.explore(dealt(found, asked_for(run.system, scenario), run.number), shrinking=shrinking)
    elif story is None or steps:
        killing = any(step.kill == "random" for step in scenario.steps)
        run.try_home(run.given, steps, times=run.wanted if killing else 1)
    else:
        orders = story.tellings().map(lambda told: Draft(told, None))
        run.explore(drawn_apart(orders, run.number, run.wanted), shrinking=shrinking)


def check_actors(system: System, scenario: Scenario) -> None:
    """Checks that the pack knows every actor the scenario's steps name.

    Raises:
        ScenarioError: it does not.
    """
    for step in scenario.steps:
        during = "" if step.during == ANOTHER_RUN else step.during
        for named in filter(None, (step.meanwhile, during)):
            if named not in system.ACTORS:
                known = ", ".join(sorted(system.ACTORS))
                raise ScenarioError(f"{scenario.name}: no such actor: {named}; known are {known}")
        if during and system.ACTORS[during].does is None:
            raise ScenarioError(
                f"{scenario.name}: {step.during} only holds something; name an actor that writes"
            )


def _check_faults(scenario: Scenario, faults: Sequence[Fault]) -> None:
    """Checks that there is a step for each of the faults that were named.

    Raises:
        ScenarioError: there is not.
    """
    places = sum(step.branches for step in scenario.steps)
    if len(faults) > places:
        has = {0: "no step that meets", 1: "1 step that meets"}.get(places, f"{places} steps that meet")
        raise ScenarioError(f"{scenario.name} has {has} faults, and {len(faults)} named with --fault")


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
