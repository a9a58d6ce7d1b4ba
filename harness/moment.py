"""A *moment* is what an invariant of a story sees: the home after one verb, and whose doing each record in it is.

Records are told from the whole history before: what migrations put into the target, and what others did there and
in the legacy home.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from harness.claims.exported import Line, line_of, read_exports
from harness.claims.tree import within
from harness.evidence import PRUNING, Evidence
from harness.expectation import TargetUnreadableError
from harness.history import Event
from harness.home import Entry, Home
from harness.records import Record, same_record
from harness.stored import RowName, Stored

Rows = Mapping[str, Record]
"""Records of the target by table and key in one text, such as ``sessions ma-1``."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The home after an event.

    Attributes:
        expected: legacy records that a right migration has brought over at some time, or would have; by their rows.
        legacy: those of them whose file or folder is as their owner left it.
        target: what the target holds now.
        born: every record that was ever rightly in the target.
        theirs: rows that others have put into the target or changed there and not removed; by their stored keys.
        kept: those of them that are as they were left, in the target or in an export, or were so until a prune.
    """

    event: Event
    expected: AbstractSet[str]
    legacy: AbstractSet[str]
    target: Rows
    born: Rows
    theirs: AbstractSet[str]
    kept: AbstractSet[str]


@dataclass(slots=True)
class _Seen:
    """What is known up to now of the records, and of the legacy files that hold them."""

    evidence: Evidence
    sources: dict[str, str] = field(default_factory=dict)  # row -> path
    owners: dict[str, Entry | None] = field(default_factory=dict)  # path -> as its owner left it
    born: dict[str, Record] = field(default_factory=dict)
    target: Rows = field(default_factory=dict)
    stored: Stored = field(default_factory=Stored)
    theirs: dict[RowName, Record] = field(default_factory=dict)
    exported: set[tuple[str, Line]] = field(default_factory=set)
    pruned: set[tuple[str, Line]] = field(default_factory=set)
    tables: set[str] = field(default_factory=set)  # also those that a rollback has dropped
    home: Home | None = None

    def others(self, home: Home, target: Rows) -> None:
        """Takes note of what others did between two verbs."""
        for name in self.target.keys() - target.keys():
            self.sources.pop(name, None)
        self.born.update(target)
        stored = self.evidence.stored(home)
        self.tables |= stored.tables.keys()
        for row in set(self.theirs) - set(stored.names()):
            if self.stored.has(row):
                del self.theirs[row]
        for table, key in stored.differing(self.stored):
            self.theirs[table, key] = stored.tables[table][key]
        self.sources.update(_sources(self.evidence, home))
        for path in {*self.owners, *self.sources.values()}:
            entry = home.get(path)
            if path not in self.owners or (self.home and self.home.get(path) != entry):
                self.owners[path] = entry

    def verb(self, event: Event) -> Moment:
        """Takes note of what a verb did."""
        before, after = (_rows(self.evidence.target(home)) for home in (event.before, event.after))
        self.others(event.before, before)
        if event.do == "migrate":
            # A run after a killed one may finish that, or do it anew.
            for home in (event.before, self.evidence.standing(event).origin, self._overtaken(event)):
                self.born.update(_rows(self.evidence.expected_of(home).tables))
        if event.talk:  # the doing of clients, not of the migrator
            self.home, self.target, self.stored = event.before, before, self.evidence.stored(event.before)
            self.others(event.after, after)
        self.home, self.target, self.stored = event.after, after, self.evidence.stored(event.after)
        for path in self.owners:
            if within(path, self.evidence.returns(event)):
                self.owners[path] = event.after.get(path)
        self.tables |= self.stored.tables.keys()
        exported = _exported(self.evidence, event.after, self.tables)
        if event.do in PRUNING:
            self.pruned |= self.exported - exported
        self.exported = exported
        return Moment(
            event=event,
            expected=frozenset(self.sources),
            legacy=frozenset(name for name, path in self.sources.items() if self._is_left(path)),
            target=after,
            born=dict(self.born),
            theirs=frozenset(map(" ".join, self.theirs)),
            kept=frozenset(
                " ".join(row) for row, record in self.theirs.items() if self._is_kept(row, record)
            ),
        )

    def _overtaken(self, event: Event) -> Home:
        """Returns the home that the verb may have read before others wrote in it meanwhile."""
        return (self.home or self.evidence.history.home) if event.overtaken else event.before

    def _is_kept(self, row: RowName, record: Record) -> bool:
        now = self.stored.get(row)
        if now is not None and same_record(now, record):
            return True
        return (row[0], line_of(record)) in self.exported | self.pruned

    def _is_left(self, path: str) -> bool:
        left, now = self.owners[path], self.home.get(path) if self.home else None
        return now is None if left is None else left.same_but_time(now)


def moments(evidence: Evidence) -> Iterator[Moment]:
    """Yields the moment after each event, in order; one whose target cannot be read is passed over."""
    seen = _Seen(evidence)
    for event in evidence.events():
        try:
            yield seen.verb(event)
        except TargetUnreadableError:
            continue


def every_record_is_somewhere(world: Moment) -> list[str]:
    """Every legacy record is in the target, or lies where its owner left it."""
    return sorted(world.expected - world.target.keys() - world.legacy)


def others_work_is_somewhere(world: Moment) -> list[str]:
    """What others did is in the target or in an export, as they left it."""
    return sorted(world.theirs - world.kept)


def nothing_is_made_up(world: Moment) -> list[str]:
    """No record is in the target that nobody put there and no migration should have."""
    return sorted(world.target.keys() - world.born.keys())


def _exported(evidence: Evidence, home: Home, tables: AbstractSet[str]) -> set[tuple[str, Line]]:
    lines = read_exports(evidence, Home.empty(home.root), home, tables).lines
    return {(table, line) for table in lines for line in lines[table]}


def _rows(tables: Mapping[str, Rows]) -> dict[str, Record]:
    return {f"{table} {key}": row for table, rows in tables.items() for key, row in rows.items()}


def _sources(evidence: Evidence, home: Home) -> dict[str, str]:
    """Returns for each row that stands for a record of the legacy home the path where that record lies."""
    expected = evidence.expected_of(home)
    tables = expected.record_tables or expected.tables.keys()
    sources: dict[str, str] = {}
    for fate in expected.fates:  # the first: what moves along with a record may bear its id, too
        for table in tables:
            if fate.disposition in {"migrated", "present"} and fate.id in expected.tables.get(table, {}):
                path = fate.source if fate.source in home.entries else fate.source.partition("#")[0]
                sources.setdefault(f"{table} {fate.id}", path)
    return sources
