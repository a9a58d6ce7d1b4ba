"""The *world* of a story: one home, its migrator and all others who work in it, in the hands of the story's steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from random import Random
from typing import Any

from harness.branching import Chosen
from harness.case import run_step
from harness.history import Event
from harness.home import Home
from harness.mishap import Known, befallen
from harness.sandbox.session import Session
from harness.scenario import Step
from harness.story import Story, StoryError, Told
from harness.sut import Profile, Verb
from harness.system import System


class World:
    """One home laid out in a sandbox; a verb that the migrator lacks does nothing, and gives None."""

    def __init__(
        self,
        system: System,
        profile: Profile,
        session: Session,
        home: Home,
        *,
        random: Random,
        known: Known | None = None,
    ) -> None:
        """The home is laid out; `random` decides at which moments verbs are killed, where that is asked for.

        `known` is what is known of faults that are named.
        """
        self._random, self._known = random, known or Known()
        self._system, self._profile, self._session = system, profile, session
        session.lay_out(home)
        self.home = session.observe()
        """The tree as it is now."""
        self.events: list[Event] = []
        """What the verbs did so far."""
        self.faults: dict[str, Chosen] = {}
        """What the mishaps of the steps came to, by the text of each."""
        self._deeds: list[str] = []
        self._conditions: frozenset[str] = frozenset()

    def offers(self, verb: str) -> bool:
        """Tells whether the migrator has a command for the verb, see `Profile.offers`."""
        return self._profile.offers(verb)

    @property
    def settled(self) -> bool:
        """Tells whether no killed migration or rollback waits to be finished or taken back."""
        work = (
            e for e in reversed(self.events) if e.do in {"migrate", "rollback"} and (e.killed or e.succeeded)
        )
        return not any(event.killed for event in islice(work, 1))

    def migrate(self, **around: Any) -> Event | None:
        """Runs the verb; `around` is what a scenario's step may say besides: ``meanwhile``, ``kill``, or ``fault``.

        The fault may also be one that a story draws, see `harness.mishap`; without a place in the step it is none.
        """
        return self.run("migrate", **around)

    def dry_run(self, **around: Any) -> Event | None:
        """Runs the verb, see `migrate`."""
        return self.run("dry_run", **around)

    def rollback(self, **around: Any) -> Event | None:
        """Runs the verb, see `migrate`."""
        return self.run("rollback", **around)

    def prune(self, **around: Any) -> Event | None:
        """Runs the verb, see `migrate`."""
        return self.run("prune", **around)

    def prune_now(self, **around: Any) -> Event | None:
        """Runs the verb, see `migrate`."""
        return self.run("prune_now", **around)

    def verify(self, **around: Any) -> Event | None:
        """Runs the verb, see `migrate`."""
        return self.run("verify", **around)

    def status(self, **around: Any) -> Event | None:
        """Runs the verb, see `migrate`."""
        return self.run("status", **around)

    def store(self, **around: Any) -> Event | None:
        """Clients work with the store side by side: ``clients``, ``operations`` and ``kill`` as a scenario's step has them."""
        return self.run("store", **around)

    def reconcile(self, **around: Any) -> Event | None:
        """One client asks what differs between the two sides, has it mended, and asks again."""
        return self.run("reconcile", **around)

    def run(self, verb: Verb, **around: Any) -> Event | None:
        """Runs a verb and returns what it did, or None where the migrator has no such verb.

        Raises:
            SandboxError: the sandbox failed; nothing can be said about the migrator.
        """
        if not self.offers(verb):
            return None
        mishap = around.pop("fault", "")
        found = self._befallen(mishap, verb) if mishap and self._session.supervises else None
        event, home = found or run_step(
            len(self.events),
            Step(do=verb, **around),
            self._system,
            self._profile,
            self._session,
            before=self.home,
            random=self._random,
        )
        names = [*self._deeds, *([event.meanwhile] if event.meanwhile else [])]
        event = replace(event, meanwhile=", ".join(names), conditions=event.conditions | self._conditions)
        self.events.append(event)
        self.home, self._deeds, self._conditions = home, [], frozenset()
        return event

    def _befallen(self, mishap: str, verb: Verb) -> tuple[Event, Home] | None:
        """Returns what the verb did when the mishap befell it, and the tree after it; None where it has no place there."""
        found = befallen(
            mishap,
            len(self.events),
            verb,
            self.home,
            self._known,
            system=self._system,
            profile=self._profile,
            session=self._session,
        )
        if found is None:
            self._session.lay_out(self.home)
            return None
        event, self.faults[mishap] = found
        return event, event.after

    def meanwhile(self, actor: str) -> bool:
        """Does now what the pack's actor does before a step; tells whether the home had a place for it.

        Raises:
            StoryError: there is no such actor, or it only holds something during a step.
        """
        found = self._system.ACTORS.get(actor)
        if found is None or found.does is None:
            known = ", ".join(sorted(name for name, a in self._system.ACTORS.items() if a.does is not None))
            raise StoryError(f"no actor {actor} does anything between steps; those who do are {known}")
        changed = found.does(self.home, self._profile.keeps)
        if changed is not None:
            self._conditions |= found.conditions
        return self._becomes(changed, actor)

    def damage(self, corruption: str, seed: int = 0) -> bool:
        """Does damage of the pack's catalogue, in a place that the seed chooses; tells whether there was one.

        Raises:
            StoryError: there is no such corruption.
        """
        found = self._system.CORRUPTIONS.get(corruption)
        if found is None:
            raise StoryError(f"no such damage: {corruption}; `harness list corruptions` shows them")
        return self._becomes(found.apply(self.home, Random(f"{seed}/{corruption}")), corruption)  # noqa: S311 - not for secrets

    def told(self, said: Any) -> Any:
        """Returns an argument of a step as it is told once the step is taken."""
        chosen = self.faults.get(said) if isinstance(said, str) else None
        return str(chosen.fault) if chosen else said

    def _becomes(self, home: Home | None, deed: str) -> bool:
        if home is None:
            return False
        self._session.lay_out(home)
        self.home = self._session.observe()
        self._deeds.append(deed)
        return True


def tell(story: Story, world: World, steps: Iterable[Told]) -> tuple[Told, ...]:
    """Takes the steps in order and returns those that could be taken: their ``when`` said yes.

    Their mishaps are told as the faults that these came to.

    Raises:
        StoryError: a step is none of the story's.
        SandboxError: the sandbox failed.
    """
    taken = []
    for told in steps:
        step = story.steps.get(told.name)
        if step is None:
            raise StoryError(f"no such step: {told.name}; the story has {', '.join(story.steps)}")
        if step.when(world):
            step.does(world, **told.arguments)
            taken.append(Told(told.name, {name: world.told(said) for name, said in told.arguments.items()}))
    return tuple(taken)
