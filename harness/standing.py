"""Where a step stands: on settled ground, or in the middle of work that a kill interrupted.

After an interruption the home may be any mixture, so what a right step makes of it follows from the home that the
interrupted work began with, and no longer from the mixture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from harness.history import Event
from harness.home import Home


@dataclass(frozen=True, slots=True)
class Standing:
    """Before a step: `killed` is the first killed step whose work nobody has finished or taken back since.

    `origin` is then the home before the migration that the work belongs to; otherwise the home before the step.
    `moved` tells whether others have changed the home since the kill, `undoing` whether a rollback is among what was
    killed.
    """

    origin: Home
    killed: Event | None = None
    moved: bool = False
    undoing: bool = False

    @property
    def interrupted(self) -> bool:
        """Tells whether the step begins in the middle of interrupted work."""
        return self.killed is not None


def standings(events: Iterable[Event]) -> Iterator[tuple[int, Standing]]:
    """Yields the step of each event and how it stands.

    A migration that succeeds, and a rollback that is done, settle everything.  What others changed in between counts
    as if it had been so from the start.  Where they changed what the interrupted work had changed as well, or the
    kill came so late that a prune could remove the backup, a right step starts from the home as it is.
    """
    origin: Home | None = None  # before the migration that is not taken back
    killed: Event | None = None
    last: Home | None = None
    moved = undoing = False
    for event in events:
        if killed and event.conditions and event.outcome == "refused" and event.before == event.after:
            # Whoever holds the target adds files beside it for as long as that lasts, and nothing else has changed.
            yield event.step, Standing(origin or event.before, killed, moved, undoing)
            continue
        if last is not None and last != event.before:
            origin = _moved(origin, last, event.before) if origin and killed else None
            moved = moved or killed is not None
        last = event.before if event.talk else event.after  # what clients of a store do, is others' work
        if event.do == "migrate" and origin is None:
            origin = event.before
        yield event.step, Standing(origin if killed and origin else event.before, killed, moved, undoing)
        if event.do in {"prune", "prune_now"} and event.before != event.after:
            origin = None
        if event.do not in {"migrate", "rollback"}:
            continue
        if event.killed or event.lapsed:
            killed, undoing = killed or event, undoing or event.do == "rollback"
            if event.overtaken:  # whether they wrote before its changes or on top of them is open
                origin, moved = None, True
        elif event.do == "migrate" and event.succeeded:
            killed, moved, undoing = None, False, False
        elif event.do == "rollback" and event.outcome == "done":
            killed, origin, moved, undoing = None, None, False, False


def _moved(origin: Home, left: Home, found: Home) -> Home | None:
    """Returns the origin with what others changed in what the interrupted work left; None where both did."""
    theirs = list(left.changes_to(found, times=True))
    if {change.path for change in theirs} & {change.path for change in origin.changes_to(left)}:
        return None
    entries = dict(origin.entries)
    for change in theirs:
        entries.pop(change.path, None)
        if change.after is not None:
            entries[change.path] = change.after
    return replace(found, entries=entries)
