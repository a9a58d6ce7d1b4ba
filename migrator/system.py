"""What the lifecycle and the module of one product tell each other."""

import json
from collections.abc import Callable
from sqlite3 import Connection
from typing import Any, NamedTuple, Protocol

from migrator.database import Database

Progress = Callable[[int], None]


class Record(NamedTuple):
    """One thing that the legacy home holds, and what becomes of it."""

    kind: str
    source: str
    id: str
    outcome: str
    reason: str | None = None
    detail: str = ""


class Note(NamedTuple):
    """Something that a migrated record lost or changed on the way."""

    source: str
    id: str
    reason: str
    detail: str = ""


class Copy(NamedTuple):
    """A file to be copied under a new name; `size` in bytes."""

    source: str
    target: str
    size: int


def packed(value: Any) -> bytes:
    """The value as one line of JSON."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


class Plan:
    """What is to be done, and what becomes of every record; `rows` are lines as the journal keeps them.

    As text a row takes a third of the memory that its values take, and homes hold many.
    """

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.notes: list[Note] = []
        self.rows: list[bytes] = []
        self.copies: list[Copy] = []

    def add(self, table: str, key: str, values: dict[str, Any]) -> None:
        """The row is to be inserted after those that were added before."""
        self.rows.append(packed((table, key, values)) + b"\n")


class System(Protocol):
    """One product's migration in one home; `state` is our own folder, `parting` the last word to a person."""

    name: str
    home: str
    state: str
    database: Database
    parting: str

    def nothing(self) -> str | None:
        """Why there is nothing to migrate, or None."""

    def ready(self) -> None:
        """Raises Refusal when the target cannot be migrated to, as far as can be told from outside."""

    def guard(self) -> None:
        """Raises Refusal while another program may be using the target."""

    def plan(self, target: Connection | None, progress: Progress) -> Plan:
        """What would be done, given a private copy of the target; without one, a list of what there is.

        Writes nothing. Raises Refusal.
        """

    def changed_meanwhile(self) -> list[Note]:
        """Legacy files that were written after the plan had read them."""
