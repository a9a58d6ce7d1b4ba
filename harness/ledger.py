"""The *ledger* of a history: before each step, what the migrator has done that is not taken back, and what others did.

It is kept from the trees alone.  A rollback that is done closes it; once backups are pruned, what they covered can
no longer be taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from harness.history import Event
from harness.home import Home


@dataclass(frozen=True, slots=True)
class Ledger:
    """The account before one step.

    Attributes:
        base: the home before the first migration that a rollback would have to take back; None without one.
        start: the home from which a rollback must be measured: that before the step, or, where an earlier rollback
            had no end, that before the earlier one.
        steps: the migrations that changed something outside what is kept, and are not taken back.
        pruned: how many of `steps`, counted from the first, have no backup any more.
        stuck: how many cannot be taken back, since they are pruned or others damaged what is kept of them.
        damaged: others changed or removed something of what is kept of them.
        foreign: paths that others changed since `base`.
        unsettled: a migration or rollback had no end of its own, and none since has settled it.
        murky: backups were pruned while something was unsettled, so which of them are left is open.
        idle: no migration since the last rollback has changed anything at all.
        unfinished: kept files that an unsettled step made, with their digests.
    """

    base: Home | None
    start: Home
    steps: tuple[Event, ...] = ()
    pruned: int = 0
    stuck: int = 0
    damaged: bool = False
    foreign: frozenset[str] = frozenset()
    unsettled: bool = False
    murky: bool = False
    idle: bool = True
    unfinished: dict[str, str] = field(default_factory=dict)

    @property
    def standing(self) -> tuple[Event, ...]:
        """The migrations that a rollback would have to take back."""
        return self.steps[self.pruned :]


@dataclass(slots=True)
class _Book:
    """The account as it is kept, step after step."""

    is_kept: Callable[[str], bool]
    base: Home | None = None
    begun: Home | None = None  # before a rollback without an end
    ended: bool = False  # that rollback has left all as one with an end does
    steps: list[Event] = field(default_factory=list)
    pruned: int = 0
    foreign: set[str] = field(default_factory=set)
    made: dict[str, int] = field(default_factory=dict)  # kept file -> number of the step that made it
    damaged: set[str] = field(default_factory=set)
    unfinished: dict[str, str] = field(default_factory=dict)
    unsettled: bool = False
    murky: bool = False
    idle: bool = True

    def before(self, event: Event) -> Ledger:
        """Returns the account before the event."""
        return Ledger(
            base=self.base,
            start=self.begun or event.before,
            steps=tuple(self.steps),
            pruned=self.pruned,
            stuck=self._stuck,
            damaged=bool(self.damaged),
            foreign=frozenset(self.foreign),
            unsettled=self.unsettled,
            murky=self.murky,
            idle=self.idle,
            unfinished=dict(self.unfinished),
        )

    @property
    def _stuck(self) -> int:
        return max([self.pruned, *(self.made[path] + 1 for path in self.damaged)])

    def others(self, left: Home, found: Home) -> None:
        """Enters what others changed between two steps."""
        for change in left.changes_to(found):
            self.foreign.add(change.path)
            self.begun = None
            was, now = change.before, change.after
            if change.path in self.made and was and (now is None or now.digest != was.digest):
                self.damaged.add(change.path)

    def enter(self, event: Event) -> None:
        """Enters what a step of the migrator did."""
        if event.do == "migrate":
            self._migrated(event)
        elif event.do == "rollback":
            self._rolled_back(event)
        elif event.do == "prune_now" and self.steps and (event.succeeded or event.before != event.after):
            if self.unsettled or not event.succeeded:
                self.murky = True
            else:
                self.pruned, self.base, self.foreign = len(self.steps), None, set()

    def _migrated(self, event: Event) -> None:
        if self.base is None:
            self.base, self.foreign = event.before, set()
        if event.overtaken and event.kill:
            self.foreign |= set(event.kill.theirs)
        changes = list(event.before.changes_to(event.after))
        if not changes:
            if (
                event.succeeded and self.begun and self.ended
            ):  # there was nothing to settle: the rollback had an end
                self._closed()
            return
        self.idle, self.begun = False, None
        unknown = event.outcome == "unknown" or event.killed
        kept = {change.path: change.after for change in changes if self.is_kept(change.path)}
        new = {path: entry for path, entry in kept.items() if entry and entry.kind == "file"}
        if unknown or len(kept) < len(changes):
            self.made |= {path: len(self.steps) for path in new if event.before.get(path) is None}
            self.steps.append(event)
        if not unknown or _perhaps_finished(event, self.is_kept):
            self.unfinished = {}
        elif not self.unsettled:
            self.unfinished = {path: entry.digest for path, entry in new.items()}
        self.unsettled = unknown or (self.unsettled and not event.succeeded)

    def _rolled_back(self, event: Event) -> None:
        if (
            event.outcome == "attention" and not event.killed
        ):  # the later ones are taken back, as far as that could be
            self._forget(self._stuck)
        elif event.outcome == "done":
            self._closed()
        elif (event.outcome == "unknown" or event.killed) and event.before != event.after:
            self.begun = self.begun or event.before
            self.unsettled, self.unfinished = True, {}
            clean = event.kill.clean if event.kill else None
            rest = clean.changes_to(event.after) if clean else ()
            self.ended = clean is not None and all(self.is_kept(change.path) for change in rest)

    def _closed(self) -> None:
        self._forget(self.pruned)
        self.base, self.begun, self.foreign, self.unfinished = None, None, set(), {}
        self.unsettled, self.murky, self.idle = False, False, not self.steps

    def _forget(self, after: int) -> None:
        self.steps = self.steps[:after]
        self.made = {path: number for path, number in self.made.items() if number < after}
        self.damaged &= self.made.keys()


def _perhaps_finished(event: Event, is_kept: Callable[[str], bool]) -> bool:
    """Tells whether a killed step has left its mark on all that a clean run changes, so that it may have ended its work."""
    if event.kill is None or event.kill.clean is None:
        return False
    clean = (change.path for change in event.before.changes_to(event.kill.clean) if not is_kept(change.path))
    return all(event.before.get(path) != event.after.get(path) for path in clean)


def ledgers(events: Iterable[Event], is_kept: Callable[[str], bool]) -> Iterator[tuple[int, Ledger]]:
    """Yields the number of each step, and the account before it; `is_kept` tells what the migrator may keep for good."""
    book = _Book(is_kept)
    last: Home | None = None
    for event in events:
        if last is not None and last is not event.before:
            book.others(last, event.before)
        yield event.step, book.before(event)
        book.enter(event)
        last = event.before if event.talk else event.after  # what clients of a store do, is others' work
