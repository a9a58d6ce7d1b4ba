"""What a run came to: the verdict on each of its cases, made from the case's history alone."""

from __future__ import annotations

from dataclasses import dataclass

from harness.evidence import Evidence
from harness.history import History
from harness.interruption import NO_KILLS, Kills
from harness.scarcity import Need
from harness.scenario import Scenario
from harness.story import Story
from harness.strip import Listed, Tried
from harness.sut import Profile
from harness.system import System, dialogue_of, queries_of
from harness.verdict import ClaimResult, Status, Verdict, judge, worst


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
    listed: tuple[Listed, ...] = ()  # of each home, the faults of its first step that branches
    tried: tuple[Tried, ...] = ()  # of them, one for each case
    needs: tuple[Need, ...] = ()  # the largest of each step that had too little of something

    @property
    def status(self) -> Status:
        """The worst of all cases; no case at all is unknown."""
        return worst(verdict.status for verdict in self.verdicts)


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
        if event.kill and not event.kill.landed and event.kill.fault and not event.kill.lack
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
        system.damage_of,
        dialogue_of(system),
        getattr(system, "written_back", None),
        queries_of(system),
    )
