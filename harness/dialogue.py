"""A *dialogue* is what a pack knows of a store that writes twice: the target, and for a time the legacy files too.

The core knows *subjects*, which are what such a store keeps, and records of them on either side; it knows no
operation by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal, Protocol

from harness.home import Home
from harness.records import Record
from harness.talk import Exchange

Request = Mapping[str, Any]
Side = Literal["target", "legacy"]
State = Record | None
"""A subject as one side has it; None where it has none of this name."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What both sides hold, subject by subject, in terms that can be compared.

    `raw` is each subject as its legacy file has it, every value and unknown ones too; `strange` are paths among the
    legacy files that are none of them.
    """

    target: Mapping[str, Record] = field(default_factory=dict)
    legacy: Mapping[str, Record] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)
    strange: frozenset[str] = frozenset()

    def of(self, side: Side) -> Mapping[str, Record]:
        """Returns what one side holds."""
        return self.target if side == "target" else self.legacy

    @property
    def subjects(self) -> frozenset[str]:
        """The names of all subjects."""
        return frozenset(self.target) | frozenset(self.legacy)


class Dialogue(Protocol):
    """The names that a pack supplies for its store.

    `writable` are paths that the store may write besides the target.
    """

    writable: frozenset[str]

    def requests(self, home: Home, random: Random, clients: int, operations: int) -> list[list[Request]]:
        """Returns what each client asks for, in order; drawn for the home."""
        ...

    def settling(self) -> list[Request]:
        """Returns what one client asks for to see what differs, to have it mended, and to see that it is."""
        ...

    def sides(self, home: Home) -> Sides:
        """Returns what both sides of a home hold."""
        ...

    def same(self, one: State, other: State) -> bool:
        """Tells whether two states say the same of a subject, whichever side each is from."""
        ...

    def newer(self, target: State, legacy: State) -> Side:
        """Tells which side counts where they differ."""
        ...

    def merged(self, target: State, legacy: State) -> State:
        """Returns what both sides have to hold where they have differed: the newer one's values, and the parts of both."""
        ...

    def concerns(self, exchange: Exchange, known: Sequence[str]) -> Mapping[str, bool]:
        """Returns the subjects that a request asks about, of the known ones and those it names itself; true where it writes."""
        ...

    def apply(self, exchange: Exchange, subject: str, state: State, side: Side) -> list[State]:
        """Returns the states in which the request leaves a subject, none where its answer cannot be had in that state.

        Without an answer it is whatever doing it would give.
        """
        ...

    def fits(self, state: State, found: State) -> bool:
        """Tells whether a state that `apply` gave is the one found on its side; what a store stamps itself may be anything."""
        ...

    def acknowledged(self, exchange: Exchange) -> bool:
        """Tells whether the answer says that the request was done."""
        ...

    def written_through(self, exchange: Exchange) -> bool:
        """Tells whether the answer says that the legacy file has it too."""
        ...

    def drift(self, exchange: Exchange) -> Mapping[str, Side] | None:
        """Returns what an answer says of subjects that differ, with the newer side of each; None where that was not asked."""
        ...

    def mends(self, exchange: Exchange) -> bool:
        """Tells whether the request had differences mended."""
        ...
