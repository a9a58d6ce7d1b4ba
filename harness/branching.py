"""A scenario whose steps meet faults *branches*: each fault of such a step makes a case of its own.

What comes before a branch is run once; after a fault the steps that follow are run from what it left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from harness.case import record, run_step, run_with
from harness.fault import Fault, Operation, Recording, alike
from harness.history import Event
from harness.home import Home
from harness.sandbox.session import Session
from harness.scenario import Scenario, Step
from harness.sut import Profile
from harness.system import System

_ALIKE = 6  # faults of one sort tried on a smaller home
_AGAIN = 2  # tries at a fault that did not come about


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

    def cases(self, home: Home) -> Iterator[tuple[tuple[Event, ...], tuple[Chosen, ...]]]:
        """Yields the events of each case and the faults that were chosen in it; a verb that the profile lacks is passed over.

        Raises:
            SandboxError: the sandbox failed; nothing can be said about the migrator.
        """
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
                for event, one in self._branch(number, step, before, len(chosen)):
                    yield from self._from(steps[place + 1 :], event.after, (*events, event), (*chosen, one))
                return
            event, before = run_step(
                number, step, self.system, self.profile, self.session, before=before, random=self.random
            )
            events = (*events, event)
        yield events, chosen

    def _branch(self, number: int, step: Step, before: Home, depth: int) -> Iterator[tuple[Event, Chosen]]:
        """Yields the step with one fault after the other; the home is as the step left it."""
        recording, clean = record(step, self.profile, self.session, before=before)
        for fault in self._faults(step, recording, depth):
            for _ in range(_AGAIN):
                event = run_with(fault, number, step, self.profile, self.session, before=before, clean=clean)
                if event.kill and event.kill.landed:
                    break
            yield event, Chosen(fault, recording.operations[fault.at].likeness)

    def _faults(self, step: Step, recording: Recording, depth: int) -> list[Fault]:
        found = list(faults_of(step, recording))
        if depth < len(self.choice.faults):
            return self._narrowed(found, recording.operations, self.choice.faults[depth])
        if step.points and len(found) > step.points:
            found = sorted(self.random.sample(found, step.points), key=found.index)
        return found

    def _narrowed(
        self, found: Sequence[Fault], operations: Sequence[Operation], wanted: Chosen
    ) -> list[Fault]:
        if self.choice.exact:
            return [wanted.fault] if wanted.fault.at < len(operations) else []
        return list(alike(found, operations, wanted.fault, wanted.likeness))[:_ALIKE]


def faults_of(step: Step, recording: Recording) -> Iterator[Fault]:
    """Yields all faults that a step asks for, in the order of its operations."""
    if step.kill == "each-write":
        yield from recording.kills()
    elif step.error:
        yield from sorted(recording.errors(), key=lambda fault: fault.at)
    elif step.short:
        yield from recording.short_writes()


def exactly(faults: Sequence[Fault]) -> Choice:
    """Returns the choice of just these faults, one for each branching step."""
    return Choice(tuple(Chosen(fault, "") for fault in faults), exact=True)


def like(choice: tuple[Chosen, ...]) -> Choice:
    """Returns the choice of faults of the same sort at operations that are alike."""
    return replace(ALL, faults=choice)
