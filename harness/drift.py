"""*Drift*: what target and legacy files say differently of a subject, and whose doing that is.

Others who write one side alone make drift, which a store has to tell and to mend without a loss.  A client that was
killed leaves some, which the next store settles before its first answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.dialogue import Dialogue, Sides
from harness.evidence import Evidence
from harness.history import Event


@dataclass(frozen=True, slots=True)
class Drift:
    """What stands between the sides before a step of clients.

    Attributes:
        foreign: subjects that differ since others changed one side.
        unsettled: subjects that differ, perhaps, since a client was killed or could not write a file.
        strange: paths among the legacy files that are none of them, and no store's doing.
    """

    foreign: frozenset[str] = frozenset()
    unsettled: frozenset[str] = frozenset()
    strange: frozenset[str] = frozenset()


def drifts(evidence: Evidence) -> Iterator[tuple[Event, Drift]]:
    """Yields every step in which clients were at work, with what stood between the sides before it.

    Raises:
        TargetUnreadableError: the store is there but cannot be read.
    """
    dialogue = evidence.dialogue
    last: Sides | None = None
    foreign, unsettled, strange = (frozenset[str]() for _ in range(3))
    for event in evidence.events():
        if event.talk is None or dialogue is None:
            continue
        before = evidence.sides(event.before)
        differing = differing_subjects(dialogue, before)
        if last is None:
            foreign, strange = differing, before.strange
        else:
            foreign = (foreign | _moved(last, before)) & differing
            unsettled, strange = unsettled & differing, strange | (before.strange - last.strange)
        yield event, Drift(foreign, unsettled, strange)
        last = evidence.sides(event.after)
        left = differing_subjects(dialogue, last)
        foreign, unsettled = foreign & left, written(dialogue, event) & left


def differing_subjects(dialogue: Dialogue, sides: Sides) -> frozenset[str]:
    """Returns the subjects of which the sides do not say the same."""
    return frozenset(
        name for name in sides.subjects if not dialogue.same(sides.target.get(name), sides.legacy.get(name))
    )


def written(dialogue: Dialogue, event: Event) -> frozenset[str]:
    """Returns the subjects that a request of the step may have changed."""
    made = event.talk.made() if event.talk else ()
    found = (dialogue.concerns(exchange, ()) for exchange in made)
    return frozenset(name for about in found for name, writes in about.items() if writes)


def _moved(last: Sides, now: Sides) -> frozenset[str]:
    """Returns the subjects of which a side has changed between two steps."""
    sides = ((last.target, now.target), (last.raw, now.raw))
    return frozenset(
        name for was, found in sides for name in {*was, *found} if was.get(name) != found.get(name)
    )
