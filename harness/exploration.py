"""One run at work: case after case up to the first that fails, and that one made as small as it will go."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from harness.branching import ALL, Branches, Choice, Chosen, exactly, like
from harness.draft import Draft, make_home
from harness.fault import fault_of
from harness.history import History
from harness.home import Home
from harness.interruption import NO_KILLS, Kills, kills_of
from harness.mishap import Known
from harness.result import RunResult, judge_history, unknown
from harness.sandbox.channel import SandboxError
from harness.sandbox.session import Session
from harness.scarcity import Need, largest
from harness.scenario import Scenario, story_of
from harness.shrink import shrink
from harness.store import RunFolder
from harness.story import Story, Told, as_rows, told_again
from harness.strip import Listed, Tried, tried_of
from harness.sut import Profile
from harness.system import System
from harness.verdict import Status, Verdict
from harness.world import World, tell

_SHRINK_SECONDS = 30.0  # then the smallest failing home so far is kept
_MOMENTS = 3  # at which a smaller home is killed before it counts as harmless
Judged = tuple[Verdict, History, tuple[Chosen, ...]]
Progress = Callable[[int, int, int, int], None]
"""Called after each case with: homes begun, homes wanted, cases failed, cases done."""
_STORED = 50  # cases of faults that pass; of thousands, the others would only fill the disk


@dataclass
class Exploration:
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
    met: Mapping[str, str] = field(
        default_factory=dict
    )  # by the story's faults of the case at hand: their operations
    likenesses: Mapping[str, str] = field(default_factory=dict)  # the same of the case that is shrunk
    cold: bool = False  # whether no command starts warm any more
    needs: list[Need] = field(default_factory=list)
    listed: list[Listed] = field(default_factory=list)
    tried: list[Tried] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.story = story_of(self.scenario)

    def explore(self, drafts: Iterable[Draft], *, shrinking: bool) -> None:
        """Tries one home after the other up to the first that fails, and shrinks that one."""
        for self.place, draft in enumerate(drafts):
            self.homes += 1
            for judged in self.run(draft, self.choice):
                verdict, history, chosen = self._confirmed(judged, functools.partial(self.run, draft))
                if self.story is not None and not history.events:
                    continue  # none of its steps ran a verb: nothing to judge
                self.record(verdict, history)
                if verdict.status is Status.FAIL:
                    self._failed(verdict, history, chosen)
                    self._shrink(
                        self._placed(draft, history),
                        verdict.failed[0],
                        seconds=_SHRINK_SECONDS if shrinking else 0.0,
                    )
                    return

    def _placed(self, draft: Draft, history: History) -> Draft:
        """Returns the draft with the steps of its story as they were taken: their faults have their places now."""
        if self.story is None:
            return draft
        self.likenesses = self.met
        return replace(draft, steps=told_again(history.draft["steps"]))

    def try_home(self, home: Home, steps: Iterable[Told], times: int) -> None:
        """Tries one home up to the first failure; more than once where each time kills come at other moments."""
        self.homes = 1
        for self.place in range(times):
            again = functools.partial(self.run_home, home, {"damage": []}, steps)
            for judged in again(choice=self.choice):
                verdict, history, chosen = self._confirmed(judged, again)
                self.record(verdict, history)
                if verdict.status is Status.FAIL:
                    self._failed(verdict, history, chosen)
                    return

    def _confirmed(self, judged: Judged, again: Callable[..., Iterator[Judged]]) -> Judged:
        """Returns a case; one that fails, and whose commands started warm, as it comes out when they start cold."""
        verdict, history, chosen = judged
        if verdict.status is Status.PASS or not history.draft.get("warm"):
            return judged
        self.session.warm, self.cold = (
            (),
            True,
        )  # from here on: something may be wrong with the warm start itself
        cold = next(again(choice=exactly([one.fault for one in chosen])), judged)
        if cold[0].status is not verdict.status:
            self.notes.append(
                f"{chosen[0].fault}: {verdict.status.word} in a warm start, {cold[0].status.word} in a cold one"
            )
        return cold

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

    def leave_out(self, note: str) -> None:
        """Nothing can be tried here, so there is no case; alone that is unknown, and among others it holds nothing up."""
        self.notes.append(note)

    def record(self, verdict: Verdict, history: History) -> None:
        """Stores a case, counts it and tells how far the run is; of many faults that pass only the first are stored."""
        if verdict.status is not Status.PASS or "faults" not in history.draft or len(self.verdicts) < _STORED:
            self.folder.add_case(len(self.verdicts), history)
        self.verdicts.append(verdict)
        self.kills += kills_of(history.events)
        if faults := history.draft.get("faults"):
            self.tried.append(tried_of(self.homes, fault_of(faults[0]), history.events, verdict.status))
        failed = sum(1 for verdict in self.verdicts if verdict.status is Status.FAIL)
        self.progress(self.homes, self.wanted, failed, len(self.verdicts))

    def result(self, seconds: float) -> RunResult:
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
            seed=self.number,
            verdicts=tuple(self.verdicts),
            smallest=smallest,
            damage=tuple(history.draft["damage"]) if history else (),
            steps=tuple(str(Told(*row)) for row in history.draft.get("steps", ())) if history else (),
            folder=str(self.folder.path),
            seconds=seconds,
            notes=tuple(self.notes),
            kills=self.kills,
            homes=self.homes,
            needs=largest(self.needs),
            faults=tuple(str(one.fault) for one in self.chosen) if history else (),
            befell=tuple(f"step {e.step}: {e.ended()}" for e in history.events if e.kill and e.kill.fault)
            if history
            else (),
            listed=tuple(self.listed),
            tried=tuple(self.tried),
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
            known = Known(self.likenesses, attempt)
            world = World(self.system, self.profile, self.session, home, random=random, known=known)
            about = {**about, "steps": as_rows(tell(self.story, world, steps))}
            self.met = {str(one.fault): one.likeness for one in world.faults.values()}
            about = {**about, "likenesses": self.met}
            yield *self._judged(History(home, tuple(world.events), about)), ()
            return
        branches = Branches(
            self.system,
            self.scenario,
            self.profile,
            self.session,
            random,
            choice,
            lambda: not self.cold,
            self.needs,
            self.listed,
        )
        for events, chosen in branches.cases(home):
            faults: dict[str, Any] = {"faults": [str(one.fault) for one in chosen]} if chosen else {}
            faults |= {"likenesses": {str(one.fault): one.likeness for one in chosen}} if chosen else {}
            faults |= {"warm": True} if self.session.warm else {}
            yield *self._judged(History(home, events, {**about, **faults})), chosen

    def _judged(self, history: History) -> tuple[Verdict, History]:
        return judge_history(self.system, self.profile, self.scenario, history, self.story), history
