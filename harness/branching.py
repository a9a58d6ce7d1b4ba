"""A scenario whose steps meet faults *branches*: each fault of such a step makes a case of its own.

What comes before a branch is run once; after a fault the steps that follow are run from what it left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random

from harness.case import event_of, record, run_step, run_verb, run_with
from harness.course import ReplayError
from harness.fault import ANOTHER_RUN, ERRORS, Fault, Recording, alike
from harness.history import Event, Kill
from harness.home import Home
from harness.meanwhile import theirs_in
from harness.power import state_key, state_of, survivors
from harness.replay import course_of, unlike
from harness.sampling import sample
from harness.sandbox.session import Session
from harness.scarcity import Need, Scarcity, lacking, nearby, sampled
from harness.scenario import Scenario, Step
from harness.strip import Listed, listed_of
from harness.supervised import RECORD_DATA, fired_of, refused_of
from harness.sut import Profile
from harness.system import System

_ALIKE = 6  # faults of one sort tried on a smaller home
_AGAIN = 2  # tries at a fault that did not come about
_COLD = 16  # of so many cases one, the fourth, starts its commands cold, whatever the profile allows


@dataclass(frozen=True, slots=True)
class Chosen:
    """One fault of a step, by what names it, and the likeness of its operation."""

    fault: Fault
    likeness: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Which faults of the branching steps are tried, step after step; all of those beyond the end.

    With `exact` only the very faults count, otherwise those of the same sort at operations that are alike.
    """

    faults: tuple[Chosen, ...] = ()
    exact: bool = False


ALL = Choice()


@dataclass(frozen=True, slots=True)
class Branches:
    """All that the cases of one home have in common."""

    system: System
    scenario: Scenario
    profile: Profile
    session: Session
    random: Random
    choice: Choice = ALL
    warm: Callable[[], bool] = lambda: True  # whether commands may start warm where the profile says so
    needs: list[Need] = field(default_factory=list)
    """What the steps were found to need, see `harness.scarcity`."""
    listed: list[Listed] = field(default_factory=list)
    """Of the first step that branches in each home, what there is to be tried."""

    def cases(self, home: Home) -> Iterator[tuple[tuple[Event, ...], tuple[Chosen, ...]]]:
        """Yields the events of each case and the faults that were chosen in it; a verb that the profile lacks is passed over.

        Raises:
            SandboxError: the sandbox failed; nothing can be said about the migrator.
        """
        self.session.warm = ()
        self.session.lay_out(home)
        steps = [
            (number, step) for number, step in enumerate(self.scenario.steps) if self.profile.offers(step.do)
        ]
        yield from self._from(steps, self.session.observe(), (), ())

    def _from(
        self,
        steps: Sequence[tuple[int, Step]],
        before: Home,
        events: tuple[Event, ...],
        chosen: tuple[Chosen, ...],
    ) -> Iterator[tuple[tuple[Event, ...], tuple[Chosen, ...]]]:
        """Yields the cases that begin with these events; the home is laid out."""
        for place, (number, step) in enumerate(steps):
            if step.branches:
                rest, seen = steps[place + 1 :], set[tuple[str, int]]()
                for event, one in self._mostly_warm(self.branch(number, step, before, len(chosen))):
                    left = (event.outcome, state_key(event.after))
                    if event.killed and left in seen and any(later.branches for _, later in rest):
                        continue  # all that can befall what follows was tried from there
                    seen.add(left)
                    yield from self._from(rest, event.after, (*events, event), (*chosen, one))
                if seen or not chosen or len(chosen) < len(self.choice.faults):
                    return
                self.session.lay_out(before)  # and there is nothing left for the step to do that could fail
            alone = step.undisturbed() if step.branches else step
            event, before = run_step(
                number, alone, self.system, self.profile, self.session, before=before, random=self.random
            )
            events = (*events, event)
        yield events, chosen

    def _mostly_warm(self, branch: Iterator[tuple[Event, Chosen]]) -> Iterator[tuple[Event, Chosen]]:
        """Yields what the branch yields; meanwhile commands start warm where they may, in all but some cases."""
        for turn in count(1):
            self.session.warm = tuple(self.profile.warm) if turn % _COLD != 4 and self.warm() else ()
            found = next(branch, None)
            if found is None:
                self.session.warm = ()
                return
            yield found

    def branch(self, number: int, step: Step, before: Home, depth: int) -> Iterator[tuple[Event, Chosen]]:
        """Yields the step with one fault after the other; the home is as the step left it.

        `depth` is how many faults have been chosen before, see `Choice`.
        """
        if step.power:
            yield from self._powerless(number, step, before, depth)
            return
        if lack := lacking(step):
            yield from self._lacking(Scarcity(number, step, self.profile, self.session, before, lack), depth)
            return
        if step.during and step.during != ANOTHER_RUN:
            yield from self._overtaken(number, step, before, depth)
            return
        recording, clean = record(step, self.profile, self.session, before=before)
        for fault in self._chosen(step, list(faults_of(step, recording)), recording, depth):
            for _ in range(_AGAIN):
                event = run_with(fault, number, step, self.profile, self.session, before=before, clean=clean)
                if event.kill and event.kill.landed:
                    break
            yield event, Chosen(fault, recording.at(fault.at).likeness)

    def _powerless(self, number: int, step: Step, before: Home, depth: int) -> Iterator[tuple[Event, Chosen]]:
        """Yields the step with one state after the other that a loss of power leaves, each different from the others."""
        recording, clean = record(step, self.profile, self.session, before=before, orders=RECORD_DATA)
        if not recording.operations:
            return
        course, end = course_of(before, recording.operations, recording.contents), len(recording.operations)
        pictures = recording.pictures if clean is None else {**recording.pictures, end: clean}
        for at, what in unlike(course, pictures):
            raise ReplayError(
                f"before operation {at} ({recording.at(at)}) a path is not as it is replayed: {what}"
            )
        found = {
            Fault("power", one.at, model=step.power, state=one.name): one
            for one in survivors(course, end, step.power or "strict")
        }
        seen = set[tuple[int, bool]]()
        for fault in self._chosen(step, list(found), recording, depth):
            home = state_of(course, found[fault], pictures)
            over = fault.at == end and clean is not None
            key = state_key(home, times=True)
            if (key, over) in seen:
                continue
            seen.add((key, over))
            self.session.lay_out(home)
            what = str(recording.at(fault.at))
            kill = Kill(0.0, landed=True, clean=clean, fault=str(fault), operation=what, over=over)
            if over and recording.ran is not None:
                event = event_of(
                    number, step, self.profile, recording.ran, before=before, after=home, kill=kill
                )
            else:
                event = Event(number, step.do, "unknown", before, home, signal=9, kill=kill)
            yield event, Chosen(fault, recording.at(fault.at).likeness)

    def _lacking(self, scarcity: Scarcity, depth: int) -> Iterator[tuple[Event, Chosen]]:
        """Yields the step with one amount after the other of what it has too little of."""
        clean, used = scarcity.clean()
        wanted = self.choice.faults[depth].fault if depth < len(self.choice.faults) else None
        if wanted is not None and self.choice.exact:
            chosen = [wanted] if wanted.kind == scarcity.of else []
        elif clean is None:
            return  # it does not end well even so
        else:
            need, found = scarcity.amounts(used)
            self.needs.append(need)
            points = scarcity.step.points
            chosen = nearby(found, wanted) if wanted else sampled(found, points, self.random)
        for fault in chosen:
            how = (scarcity.number, scarcity.step, self.profile, self.session)
            yield run_with(fault, *how, before=scarcity.before, clean=clean), Chosen(fault, scarcity.of)

    def _overtaken(self, number: int, step: Step, before: Home, depth: int) -> Iterator[tuple[Event, Chosen]]:
        """Yields the step with others' work at one operation after the other, as far as the home has a place for it.

        The event begins with the home that has their work: whether the step came before or after them, it must end right.
        """
        theirs = theirs_in(self.system.ACTORS[step.during], before, self.profile.keeps)
        if theirs is None:
            return
        recording, _ = record(step, self.profile, self.session, before=before)
        for fault in self._chosen(step, list(recording.others(step.during)), recording, depth):
            self.session.lay_out(before)
            ran = run_verb(step, self.profile, self.session, orders={**fault.orders(), **theirs.orders})
            fired, after, refused = fired_of(ran.told), self.session.observe(), refused_of(ran.told)
            kill = Kill(
                0.0,
                fired is not None,
                None,
                str(fault),
                str(fired.operation) if fired else "",
                () if refused else theirs.paths,
            )
            found = before if refused else theirs.after(self.system, after)
            event = event_of(number, step, self.profile, ran, before=found, after=after, kill=kill)
            yield replace(event, meanwhile=step.during), Chosen(fault, recording.at(fault.at).likeness)

    def _chosen(self, step: Step, found: list[Fault], recording: Recording, depth: int) -> list[Fault]:
        if depth < len(self.choice.faults):
            wanted = self.choice.faults[depth]
            if self.choice.exact:
                return [fault for fault in found if fault == wanted.fault] or self._asked(wanted, recording)
            others = alike(found, recording, wanted.fault, wanted.likeness)
            first = [fault for fault in found if fault == wanted.fault]
            return list(dict.fromkeys([*first, *others]))[:_ALIKE]
        if depth == 0:
            self.listed.append(listed_of(step.do, len(recording.operations), found))
        return sample(found, recording, step.points, self.random) if step.points else found

    def _asked(self, wanted: Chosen, recording: Recording) -> list[Fault]:
        """Returns a fault that none of those found is like, where the run has such an operation all the same."""
        here = wanted.fault.kind != "power" and wanted.fault.at < len(recording.operations)
        return [wanted.fault] if here else []


def faults_of(step: Step, recording: Recording) -> Iterator[Fault]:
    """Yields all faults that a step asks for, in the order of its operations."""
    if step.kill == "each-write":
        yield from recording.kills()
    elif step.error:
        errors = recording.errors(ERRORS if step.error == "each" else [step.error])
        yield from sorted(errors, key=lambda fault: fault.at)
    elif step.short:
        yield from recording.short_writes()
    elif step.during == ANOTHER_RUN:
        yield from recording.others(ANOTHER_RUN)
    elif step.clock:
        yield from recording.clock_steps()
    elif step.disk:
        yield from recording.fillings()


def exactly(faults: Sequence[Fault]) -> Choice:
    """Returns the choice of just these faults, one for each branching step."""
    return Choice(tuple(Chosen(fault, "") for fault in faults), exact=True)


def like(choice: tuple[Chosen, ...]) -> Choice:
    """Returns the choice of faults of the same sort at operations that are alike."""
    return replace(ALL, faults=choice)
