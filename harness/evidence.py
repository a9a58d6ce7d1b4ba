"""*Evidence* is a history with the oracle's answers beside it: all that a claim may look at."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from harness.dialogue import Dialogue, Sides
from harness.expectation import Expectation, TargetUnreadableError
from harness.history import Event, History
from harness.home import Change, Home
from harness.ledger import Ledger, ledgers
from harness.queries import Queries
from harness.records import Tables
from harness.standing import Standing, standings
from harness.stored import Stored
from harness.sut import Profile

READING: frozenset[str] = frozenset({"inspect", "plan", "dry_run", "verify", "status", "query"})
"""Verbs that look and never touch."""
PRUNING: frozenset[str] = frozenset({"prune", "prune_now"})
"""Verbs that touch only what the migrator keeps for good."""
PURGING: frozenset[str] = frozenset({"purge", "purge_now"})
"""Verbs that take legacy files away, for which the migrator keeps them."""


@dataclass(frozen=True)
class Evidence:
    """A history, the profile of its migrator, and the pack's answers, each asked for once a home.

    `dialogue` is what the pack knows of a store that writes twice, `queries` of one that answers questions, if it knows
    of one; `written_back` likewise of a rollback that writes back.
    """

    history: History
    profile: Profile
    expect: Callable[[Home, frozenset[str]], Expectation]
    read_target: Callable[[Home], Tables]
    problems_of: Callable[[Home], list[str]]
    read_stored: Callable[[Home], Stored]
    damage_of: Callable[[Home], list[str]]
    dialogue: Dialogue | None = None
    written_back: Callable[[Home, Home, Home], Iterable[tuple[str, object, object]]] | None = None
    queries: Queries | None = None
    _expected: dict[tuple[int, frozenset[str]], Expectation] = field(default_factory=dict, repr=False)
    _targets: dict[int, Tables] = field(default_factory=dict, repr=False)
    _problems: dict[int, list[str]] = field(default_factory=dict, repr=False)
    _stored: dict[int, Stored] = field(default_factory=dict, repr=False)
    _sides: dict[int, Sides] = field(default_factory=dict, repr=False)
    _standings: dict[int, Standing] = field(default_factory=dict, repr=False)
    _ledgers: dict[int, Ledger] = field(default_factory=dict, repr=False)

    def events(self, *verbs: str) -> Iterator[Event]:
        """Yields the events of the named verbs, in order; of all verbs when none is named."""
        return (event for event in self.history.events if not verbs or event.do in verbs)

    def expected(self, event: Event) -> Expectation:
        """Returns what a right `migrate` would make of the home as it was before the event.

        After an interruption: of the home as it was before the interrupted work, see `standing`.
        """
        return self.expected_of(self.standing(event).origin, event.conditions)

    def expected_of(self, home: Home, conditions: frozenset[str] = frozenset()) -> Expectation:
        """Returns what a right `migrate` would make of a home, as far as the profile's facts ask it to."""
        asked = (id(home), conditions)
        if asked not in self._expected:
            self._expected[asked] = self.expect(home, conditions | frozenset(self.profile.facts))
        return self._expected[asked]

    def standing(self, event: Event) -> Standing:
        """Returns whether the event begins in the middle of interrupted work, and what that work began with."""
        if not self._standings:
            self._standings.update(standings(self.history.events))
        return self._standings[event.step]

    def open_ended(self, event: Event) -> bool:
        """Tells whether a migration settles a rollback that was killed over others' work.

        Then it may first take out what others did, as far as that is exported, or leave it; and there is no one end.
        Nor is there one where others wrote meanwhile.
        """
        if event.overtaken:
            return True
        undoing = event.do == "migrate" and self.standing(event).undoing
        return undoing and bool(self.ledger(event).foreign)

    def target(self, home: Home) -> Tables:
        """Returns the content of the target store in a home.

        Raises:
            TargetUnreadableError: the store is there but cannot be read.
        """
        if id(home) not in self._targets:
            self._targets[id(home)] = self.read_target(home)
        return self._targets[id(home)]

    def stored(self, home: Home) -> Stored:
        """Returns the target store in a home, value for value.

        Raises:
            TargetUnreadableError: the store is there but cannot be read.
        """
        if id(home) not in self._stored:
            self._stored[id(home)] = self.read_stored(home)
        return self._stored[id(home)]

    def ledger(self, event: Event) -> Ledger:
        """Returns what stands of the migrator's work before the event, and what others did since."""
        if not self._ledgers:
            self._ledgers.update(ledgers(self.history.events, self.is_kept))
        return self._ledgers[event.step]

    def sides(self, home: Home) -> Sides:
        """Returns what the two sides of a home hold, see `Dialogue`.

        Raises:
            TargetUnreadableError: the store is there but cannot be read.
        """
        assert self.dialogue is not None
        if id(home) not in self._sides:
            self._sides[id(home)] = self.dialogue.sides(home)
        return self._sides[id(home)]

    def returns(self, event: Event) -> frozenset[str]:
        """Returns the paths, as in `Expectation.writable`, that a rollback may change since it writes back."""
        if not self.profile.write_back or event.do != "rollback":
            return frozenset()
        return frozenset().union(*(self.expected(step).returns for step in self.ledger(event).steps))

    def purgeable(self, event: Event) -> frozenset[str]:
        """Returns the legacy files that may go: the target holds all of them, and they are as a migration found them."""
        steps = [step for step in self.ledger(event).steps if step.succeeded]
        there = self.expected_of(event.before, event.conditions).purgeable
        return frozenset(
            path for path in there if any(_same(path, step.before, event.before) for step in steps)
        )

    def unpurged(self, event: Event) -> Home:
        """Returns the home from which a rollback is measured, with the legacy files that a purge took away before."""
        home = self.ledger(event).start
        for purge in self.events(*PURGING):
            if purge.step < event.step:
                for path in self.purgeable(purge):
                    entry = purge.before.get(path)
                    if entry and purge.after.get(path) is None and home.get(path) is None:
                        home = home.with_file(
                            path, purge.before.content(path), mode=entry.mode, mtime_ns=entry.mtime_ns
                        )
        return home

    def changes(self, before: Home, after: Home, *, times: bool) -> Iterator[Change]:
        """Yields what differs between two homes, but for what the profile does not promise of the target store.

        Where it promises only what the store holds, and that is the same, other bytes and side files of the store are
        no change, nor are the times of the folder that they lie in.
        """
        changes = list(before.changes_to(after, times=times))
        files: frozenset[str] = frozenset()
        if changes and self.profile.store == "content":
            with suppress(TargetUnreadableError):
                was, now = self.stored(before), self.stored(after)
                files = was.files | now.files if was.same_as(now) else files
        folders = {posixpath.dirname(path) for path in files}
        for change in changes:
            settled = change.path in files and change.same_mode()
            if not settled and not (change.path in folders and change.only_time()):
                yield change

    def problems(self, home: Home) -> list[str]:
        """Returns what is wrong with the target store as a store, in sentences."""
        if id(home) not in self._problems:
            self._problems[id(home)] = self.problems_of(home)
        return self._problems[id(home)]

    def damaged(self, home: Home) -> bool:
        """Tells whether the target store's own file is damaged: its rows may be readable all the same."""
        return bool(self.damage_of(home))

    def is_kept(self, path: str) -> bool:
        """Tells whether a path is, or lies in, what the migrator keeps for good."""
        return any(path == kept or path.startswith(kept + "/") for kept in self.profile.keeps)

    def may_keep(self, change: Change) -> bool:
        """Tells whether a change is to a path that is the migrator's for good, or makes a directory on the way to it."""
        path = change.path
        if self.is_kept(path):
            return True
        made = change.before is None and change.after is not None and change.after.kind == "dir"
        return made and any(kept.startswith(path + "/") for kept in self.profile.keeps)


def _same(path: str, one: Home, other: Home) -> bool:
    """Tells whether a file has the same content in two homes."""
    first, second = one.get(path), other.get(path)
    return first is not None and second is not None and first.digest == second.digest
