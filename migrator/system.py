"""What the lifecycle has to know of one product, and the plan that the product's module makes."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from migrator.database import Contents
from migrator.journal import Row
from migrator.progress import Say
from migrator.report import Note, Record


@dataclass(frozen=True, slots=True)
class Copy:
    """A file to be copied under a new name; `size` in bytes."""

    source: str
    target: str
    size: int


@dataclass(slots=True)
class Plan:
    """What is to be done, and what becomes of every record."""

    records: list[Record] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)


class Change(Protocol):
    """An open transaction in which nobody else can read or write."""

    def insert(self, rows: list[Row]) -> None:
        """All rows are in, or it raises."""

    def contents(self) -> Contents:
        """What the target holds, rows of this transaction included."""

    def commit(self) -> None:
        """The rows are on disk."""


class System(Protocol):
    """What a migration has to know of one product."""

    name: str
    state: str
    target: str
    parting: str

    def nothing(self) -> str | None:
        """Why there is nothing to migrate, or None."""

    def protected(self) -> list[str]:
        """The target's own files, which a run may change: the database first, then its side files."""

    def guard(self) -> None:
        """Raises Refusal while another program may be using the target."""

    def plan(self, *, with_target: bool, say: Say) -> tuple[Plan, Contents]:
        """What would be done, and the contents that the target has now. Raises Refusal."""

    def alone(self, contents: Contents) -> AbstractContextManager[Change]:
        """A transaction on the target; raises Refusal when the target no longer has `contents`."""

    def contents(self) -> Contents:
        """What the target holds; raises Refusal while it is in use."""

    def differences(self, rows: Iterator[Row]) -> Iterator[tuple[str, str]]:
        """Rows that are missing or differ, and whatever else is wrong with the target."""

    def changed_meanwhile(self) -> list[Note]:
        """Legacy files that were written after they had been read."""
