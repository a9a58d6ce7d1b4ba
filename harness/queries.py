"""*Queries* are what a pack knows of a target that answers questions: what to ask of a home, and what the answers must be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from harness.home import Home
from harness.talk import Exchange


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """An answer that is not what follows from the home: what was asked, and where the answer differs."""

    subject: str
    expected: Any
    found: Any


class Queries(Protocol):
    """The names that a pack supplies for its questions."""

    def requests(self, home: Home, random: Random, operations: int) -> list[Mapping[str, Any]]:
        """Returns so many questions, drawn for the home; wrong ones too."""
        ...

    def ready(self, home: Home) -> bool:
        """Tells whether the home can be asked at all; else the command must refuse."""
        ...

    def wrong(self, home: Home, exchanges: Sequence[Exchange]) -> Iterator[WrongAnswer]:
        """Yields what is wrong with answers that were given, by a computation from the home alone.

        Raises:
            TargetUnreadableError: the store is there but cannot be read.
        """
        ...

    def slow(self, home: Home, exchanges: Sequence[Exchange]) -> Iterable[WrongAnswer] | None:
        """Returns answers that took longer than they may; None where the home or the questions cannot show it."""
        ...
