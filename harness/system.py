"""A *system pack* is a module that knows one product: its legacy layout, its target, and what is right.

Packs are modules, not classes: whatever has these names is one.  Built-in packs stand in the dict of
``harness.systems``; the core never names a system.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec
from hypothesis.strategies import SearchStrategy

from harness.corruption import Corruption
from harness.dialogue import Dialogue
from harness.expectation import Expectation
from harness.gate import Metric, Trigger
from harness.home import Home
from harness.queries import Queries
from harness.records import Tables
from harness.sandbox.holders import Holder
from harness.sqlite_work import Work
from harness.stored import Stored


@dataclass(frozen=True, slots=True)
class Actor:
    """What others do around a step, and the facts that follow for the oracle.

    `does` changes the home just before the step, for good; it is given the paths that the migrator keeps, and
    returns None where the home has no place for it: then nothing follows.  `holders` hold something meanwhile.
    `works` is the same as a change of a database, where it is one: so it can be made in the middle of a step, too.
    """

    summary: str
    holders: tuple[Holder, ...]
    conditions: frozenset[str]
    does: Callable[[Home, Sequence[str]], Home | None] | None = None
    works: Callable[[Home], Work | None] | None = None


class Shape(Protocol):
    """What a scenario may ask of a home; the pack's own struct has more."""

    damage: list[str]

    @property
    def damage_count(self) -> tuple[int, int]:
        """The least and the greatest number of corruptions applied to one home."""
        ...


S = TypeVar("S")


def as_asked(asked: Mapping[str, Any], kind: type[S]) -> S:
    """Returns the shape, of a pack's own kind, that a scenario's ``home`` table asks for.

    Raises:
        ValueError: a key or a value is wrong; the message names it.
    """
    try:
        return msgspec.convert(asked, kind)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


class System(Protocol):
    """The names that a pack supplies.

    `read_target` and `read_stored` raise `TargetUnreadableError` where the store is there but cannot be read;
    A pack whose target has a store that writes the legacy files too has a `DIALOGUE` besides, see `harness.dialogue`; one that answers questions has `QUERIES`, see `harness.queries`.
    `problems_of` returns sentences on what is wrong with the store as a store, an empty list when it is absent.

    A pack whose migrators may write others' work back into the legacy files also has ``written_back(left, start,
    after)``: given the homes as the last migration left it, just before the rollback and after it, it yields the
    place, what must be there and what is, wherever the legacy files are not as they must be.
    """

    NAME: str
    PROFILES: Path
    CORRUPTIONS: Mapping[str, Corruption]
    ACTORS: Mapping[str, Actor]
    METRICS: tuple[Metric, ...]
    TRIGGERS: tuple[Trigger, ...]

    def shape(self, asked: Mapping[str, Any]) -> Shape:
        """Returns the shape a scenario asks for; raises ValueError that names the wrong key or value."""
        ...

    def states(self, shape: Any) -> SearchStrategy[Any]:
        """Returns the strategy that draws legacy states of the shape field by field."""
        ...

    def draw(self, shape: Any, seed: int) -> Any:
        """Returns the legacy state that a seed stands for, of any size."""
        ...

    def write(self, state: Any, root: str) -> Home:
        """Returns the home that holds the state, as its legacy tool would have written it."""
        ...

    def user_of(self, state: Any) -> str:
        """Returns the name of the directory that the home must have."""
        ...

    def expect(self, home: Home, conditions: frozenset[str]) -> Expectation:
        """Returns the one right result of a migration of the home."""
        ...

    def read_target(self, home: Home) -> Tables:
        """Returns the content of the target store."""
        ...

    def read_stored(self, home: Home) -> Stored:
        """Returns the target store as it stands, value for value; no tables where it is absent."""
        ...

    def problems_of(self, home: Home) -> list[str]:
        """Returns what is wrong with the target store."""
        ...

    def damage_of(self, home: Home) -> list[str]:
        """Returns what of that is damage of the store's own file, so that nothing can be taken out of it safely."""
        ...


def dialogue_of(system: System) -> Dialogue | None:
    """Returns what a pack knows of a store that writes twice; None where it knows of none."""
    return getattr(system, "DIALOGUE", None)


def queries_of(system: System) -> Queries | None:
    """Returns what a pack knows of questions to its target; None where there are none."""
    return getattr(system, "QUERIES", None)
