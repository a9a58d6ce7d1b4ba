"""What the lifecycle and the module of one product tell each other."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from sqlite3 import Connection
from typing import Any, NamedTuple, Protocol, TypeVar

from migrator.database import Database, Row, insert
from migrator.journal import Run
from migrator.progress import Say
from migrator.removal import Removal, Removing
from migrator.spool import Spool

Progress = Callable[[int], None]
T = TypeVar("T")
Many = list[T] | Spool[T]  # of one kind; a system whose homes are small may hold them in memory


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


class Returned(NamedTuple):
    """A legacy file that is to hold what others did since.

    `before` is the digest that it must have for that (None: no such file), `after` the new one, `source` where the new
    content is staged (None: it stays as it is), `was` where its old content is kept, `left` what it does not take.
    """

    path: str
    before: str | None
    after: str | None
    source: str | None
    was: str | None
    left: list[str]


def packed(value: Any) -> bytes:
    """The value as one line of JSON."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


class Plan:
    """What is to be done, and what becomes of every record; `rows` are lines as the journal keeps them."""

    def __init__(self) -> None:
        self.records: Many[Record] = Spool(Record)
        self.notes: Many[Note] = Spool(Note)
        self.rows = Spool(bytes)
        self.copies: list[Copy] = []
        self.changes = False  # whether the system itself has more to do than rows and copies

    @property
    def idle(self) -> bool:
        """Whether nothing is to be done."""
        return not (self.rows or self.copies or self.changes)

    def add(self, table: str, key: str, values: dict[str, Any]) -> None:
        """The row is to be inserted after those that were added before."""
        self.rows.append(packed((table, key, values)) + b"\n")


class System(Protocol):
    """One product's migration in one home; `state` is our own folder, `parting` the last word to a person.

    `figures` are what the last look for differences counted. `enforced`: whether foreign keys hold while rows go in.
    """

    name: str
    home: str
    state: str
    database: Database
    enforced: bool
    parting: str
    figures: dict[str, Any]

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

    def leftovers(self) -> list[Record]:
        """What the legacy home holds although there is nothing to migrate."""

    def known(self, run: Run, /) -> Plan | None:
        """The plan, if it can be told without reading anything anew that nothing has changed since this run."""

    def keep(self, run: Run) -> None:
        """The run's backup also holds what only the system knows of. Raises OSError when the backup is not good."""

    def fill(self, target: Connection, run: Run, say: Say) -> None:
        """Everything planned is in, within the open transaction."""

    def committed(self, target: Connection, run: Run) -> None:
        """What can only be done after the transaction is done; nobody else has the database open yet."""

    def unsettle(self, run: Run) -> None:
        """What the system did beside rows and copies is taken back."""

    def removal(self, connection: Connection, run: Run) -> Removing:
        """What takes the run out of the database, in which others have worked since. Raises Refusal."""

    def differences(self, runs: list[Run], say: Say) -> Iterator[tuple[str, str]]:
        """The name and fault of everything that is not as the runs, newest first, left it. Raises Refusal."""


class Builder(System, Protocol):
    """A system whose database may not exist beforehand; then it is built aside."""

    def absent(self) -> bool:
        """Whether the database is to be built."""

    def build(self, run: Run, path: str, now: datetime, progress: Progress) -> Plan:
        """The database is complete and on disk at `path`, and the backup in the run; gives the fates."""

    def build_again(self, runs: list[Run], path: str) -> None:
        """As the first run built it and the later ones changed it, row by row, from their backups."""

    def proved(self, run: Run, path: str, progress: Progress) -> Iterator[str]:
        """What is not in the built database as it is in the backup. Raises Refusal."""

    def check_kept(self, run: Run) -> None:
        """What the system keeps in the run's backup is as it was. Raises Refusal."""

    def settle(self, run: Run) -> None:
        """What belongs to the database beside it is done. May be repeated."""

    def bring_back(self, run: Run) -> None:
        """Legacy files that were moved away since the run are in their places again. May be repeated."""

    def give_back(self, copy: Connection, runs: list[Run], folder: str) -> list[Returned]:
        """Legacy files that are to hold what others did since; a second build is attached as `ours`."""


class Planned:
    """What a system does whose plan is nothing but rows and copies."""

    database: Database
    enforced = True

    def __init__(self) -> None:
        self.figures: dict[str, Any] = {}

    def leftovers(self) -> list[Record]:
        """Nothing."""
        return []

    def known(self, _: Run) -> Plan | None:
        """Nothing."""
        return None

    def keep(self, run: Run) -> None:
        """Nothing more."""

    def fill(self, target: Connection, run: Run, say: Say) -> None:
        """The planned rows are in."""
        insert(target, say.counted(run.rows(), run.find("applying")["rows"]))

    def committed(self, target: Connection, run: Run) -> None:
        """Nothing more."""

    def unsettle(self, run: Run) -> None:
        """Nothing more."""

    def removal(self, connection: Connection, run: Run) -> Removing:
        """The rows that the run inserted, and what hangs from them. Raises Refusal."""
        return Removal(connection, run.written(), run.find("committing"))

    def differences(self, runs: list[Run], say: Say) -> Iterator[tuple[str, str]]:
        """The planned rows that are missing or unequal, and what SQLite's own checks say."""
        count = sum(run.find("applying").get("rows", 0) for run in runs)
        return self.database.differences(say.counted(_planned(runs), count))


def _planned(runs: list[Run]) -> Iterator[Row]:
    """The rows of the runs, newest first; one that was lost and planned again counts as it was planned last."""
    later: set[tuple[str, Any]] = set()
    for run in runs:
        for table, key, values in run.rows():
            if (table, values[key]) not in later:
                yield table, key, values
            if run is not runs[-1]:
                later.add((table, values[key]))
