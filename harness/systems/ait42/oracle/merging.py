"""One session out of all elements that bear its id: twins in one file are merged, files that disagree are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.expectation import Fate
from harness.systems.ait42.oracle.instants import instant
from harness.systems.ait42.oracle.layout import SessionFile
from harness.systems.ait42.oracle.serde import Row

TYPES = frozenset({"competition", "ensemble", "debate", "integration"})


@dataclass(frozen=True, slots=True)
class Part:
    """An instance or message with the place where it stands."""

    source: str
    row: Row


@dataclass(frozen=True, slots=True)
class Merged:
    """A session of one file.

    Attributes:
        place: file name and index of the first element with its id, by which sessions are ordered.
        scalars: the winner's own values.
        instances: those that are stored, by number.
        shadowed: those that are not, because another has their number and differs.
        messages: all, the winner's first; equal ones and those with one id included.
        losers: the other twins.
    """

    hash: str
    place: tuple[str, int]
    source: str
    scalars: Row
    instances: dict[int, Part]
    shadowed: tuple[Part, ...]
    messages: tuple[Part, ...]
    losers: tuple[Part, ...]

    @property
    def id(self) -> str:
        """Returns the session's id."""
        return str(self.scalars["id"])

    def content(self) -> tuple[object, ...]:
        """Returns what must be equal in two files for them to say the same of a session."""
        return (
            self.scalars,
            {number: part.row for number, part in self.instances.items()},
            [part.row for part in self.messages],
        )


def merged(file: SessionFile) -> Iterator[Merged]:
    """Yields the sessions of a file, in the order of their first elements."""
    groups: dict[str, list[int]] = {}
    for index, element in enumerate(file.elements):
        groups.setdefault(element["id"], []).append(index)
    for indexes in groups.values():
        first, *others = sorted(indexes, key=lambda at: instant(file.elements[at]["updatedAt"]), reverse=True)
        yield _merge(file, indexes[0], [first, *sorted(others)])


def _merge(file: SessionFile, began: int, order: list[int]) -> Merged:
    instances: dict[int, Part] = {}
    shadowed: list[Part] = []
    messages: list[Part] = []
    for index in order:
        element, source = file.elements[index], f"{file.source}#{index}"
        for at, row in enumerate(element["instances"]):
            part = Part(f"{source}/instances/{at}", row)
            kept = instances.setdefault(row["instanceId"], part)
            if kept is not part and kept.row != row:
                shadowed.append(part)
        messages += [Part(f"{source}/chatHistory/{at}", row) for at, row in enumerate(element["chatHistory"])]
    parts = [Part(f"{file.source}#{index}", _scalars(file.elements[index])) for index in order]
    return Merged(
        hash=file.hash,
        place=(file.hash, began),
        source=parts[0].source,
        scalars=parts[0].row,
        instances=instances,
        shadowed=tuple(shadowed),
        messages=tuple(messages),
        losers=tuple(parts[1:]),
    )


def _scalars(element: Row) -> Row:
    return {key: value for key, value in element.items() if key not in {"instances", "chatHistory"}}


def loser_fates(session: Merged) -> Iterator[Fate]:
    """Yields the fates of the twins that lost."""
    for part in session.losers:
        yield Fate("session", part.source, session.id, "skipped", "duplicate-session")


def settle_files(sessions: Iterable[Merged]) -> tuple[list[Merged], list[Fate]]:
    """Returns the sessions that are to be in the target, in order, and the fates of those that are not."""
    fates: list[Fate] = []
    known: dict[str, list[Merged]] = {}
    for session in sessions:
        fates += loser_fates(session)
        if session.scalars["type"] not in TYPES:
            fates.append(Fate("session", session.source, session.id, "set-aside", "unknown-type"))
        else:
            known.setdefault(session.id, []).append(session)
    kept: list[Merged] = []
    for rivals in known.values():
        first = max(rivals, key=lambda session: instant(session.scalars["updatedAt"]))
        kept.append(first)
        for rival in rivals:
            if rival is not first:
                fates.append(_rival(rival, first))
    return sorted(kept, key=lambda session: session.place), fates


def _rival(session: Merged, kept: Merged) -> Fate:
    if session.content() == kept.content():
        return Fate("session", session.source, session.id, "skipped", "duplicate-session")
    return Fate("session", session.source, session.id, "set-aside", "cross-file-conflict")
