"""*Interruption*: a step is killed at a moment that a random source stands for, measured on a clean run of the same step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from harness.history import Event

_ANYWHERE = 0.25  # share of kills at any moment of the run


@dataclass(frozen=True, slots=True)
class Moment:
    """When to kill: `seconds` after the start, or with `since_change` after the home first changed in that very run."""

    seconds: float
    since_change: bool = False


def drawn(random: Random, duration: float, changed: float | None) -> Moment:
    """Returns the moment for a step whose clean run took `duration` seconds and first changed the home at `changed`.

    A quarter of the moments lie anywhere in the run.  A short run spends most of its time before it touches anything
    (an interpreter that starts, a home that is read), where every kill is as good as none, so the others lie after
    the first change; they are counted from there, which holds on a machine whose speed varies.
    """
    anywhere, fraction = random.random() < _ANYWHERE, random.random()
    if anywhere or changed is None:
        return Moment(fraction * duration)
    return Moment(fraction * (duration - changed), since_change=True)


@dataclass(frozen=True, slots=True)
class Kills:
    """How many kills were tried, how many `landed`, and how many of these after the step had changed the home.

    `errors` of those tried were errors, cut writes and scarcity, which a step may survive; where there was enough, nothing was tried.
    """

    tried: int = 0
    landed: int = 0
    in_work: int = 0
    errors: int = 0

    def __add__(self, other: Kills) -> Kills:
        """Returns the sums."""
        return Kills(
            self.tried + other.tried,
            self.landed + other.landed,
            self.in_work + other.in_work,
            self.errors + other.errors,
        )


NO_KILLS = Kills()


def kills_of(events: Iterable[Event]) -> Kills:
    """Returns the kills among events."""
    kills = NO_KILLS
    for event in events:
        if event.kill is not None and (event.kill.landed or not event.kill.lack):
            landed, error = event.kill.landed, not (event.kill.deadly or event.kill.over)
            in_work = landed and any(event.before.changes_to(event.after, times=True))
            kills += Kills(1, int(landed), int(in_work), int(error))
        elif event.talk and event.talk.blow == "random":
            killed = int(event.talk.killed)  # while an answer was due, so always in its work
            kills += Kills(1, killed, killed)
    return kills
