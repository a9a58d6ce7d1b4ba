"""Taking rows out of a database that others have worked with since: those a run inserted, and what hangs from them.

Everything is tried on a private copy first, which also shows what triggers and foreign keys do to other rows.
The same steps on the database itself then meet the same rows.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from migrator import tables
from migrator.database import Contents
from migrator.outcome import Refusal
from migrator.tables import Link, Table

FAULTS = (sqlite3.IntegrityError, sqlite3.OperationalError, UnicodeEncodeError)
LIVES_ON = "SET NULL"  # the schema's own word on what a row does without its parent
STAYS = "stays"  # in the place of a digest: the row is touched, but does not go

Written = tuple[str, list[Any], str]  # table, key, digest of the row as the run wrote it


class Removing(Protocol):
    """What takes a run out of one open database; `present` of its things are there, of them `unchanged` as it left them."""

    present: int
    unchanged: int

    def admit(self, holds: Contents) -> None:
        """Raises Refusal when the database, which `holds` this, has become one that the run cannot be taken out of."""

    def try_out(self) -> None:
        """The removal is known to be possible; nothing is changed. Raises Refusal."""

    def lost(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Table and columns of every row that has to be kept before it goes; those of one table together."""

    def perform(self) -> None:
        """All of it is gone, within the open transaction. Raises Refusal, sqlite3.Error."""


class Removal:
    """The rows that have to go, found in one open database that has no transaction, or ours.

    `left` is what the journal says of the database as the run left it.
    """

    def __init__(
        self, connection: sqlite3.Connection, written: Iterable[Written], left: dict[str, Any] | None = None
    ) -> None:
        self._db, self._left, self._tables = connection, left or {}, tables.tables(connection)
        for table in self._tables.values():
            columns = f"{table.marks}, wrote, PRIMARY KEY ({table.marks})"
            self._db.execute(f"CREATE TABLE {table.gone} ({columns}) WITHOUT ROWID")
        self.present, self.unchanged = 0, 0
        for lower, key, digest in written:
            if lower not in self._tables:
                raise stuck(f"table {lower} is gone")
            self._mark(self._tables[lower], key, digest)
        self._hanging()

    def _mark(self, table: Table, key: list[Any], digest: str) -> None:
        """A row of the run goes, if it is still there."""
        same = " AND ".join(f"m.{column} = ?" for column in table.key or table.handle)
        query = f"SELECT {table.of('m')}, m.* FROM main.{table.name} AS m WHERE {same}"
        found = self._db.execute(query, key).fetchone()
        width = len(table.handle)
        unchanged = found is not None and tables.digest(found[width:]) == digest
        if not table.key and not unchanged:
            raise stuck(f"rows of {table.plain}, which has no primary key, cannot be told apart any more")
        if found is not None:
            self.present, self.unchanged = self.present + 1, self.unchanged + unchanged
            self._add(table, found[:width], digest)

    def _add(self, table: Table, handle: tuple[Any, ...], wrote: str) -> None:
        marks = "?, " * len(handle)
        self._db.execute(f"INSERT INTO {table.gone} VALUES ({marks} ?)", (*handle, wrote))

    def _forget(self, table: Table, handle: tuple[Any, ...]) -> None:
        """The row need not be kept, unless it goes."""
        place = f"({table.marks}) = ({', '.join('?' * len(handle))})"
        self._db.execute(f"DELETE FROM {table.gone} WHERE {place} AND wrote IS '{STAYS}'", handle)

    def _hanging(self) -> None:
        """Rows that hang from rows that go, go too, until no more are found."""
        grown = True
        while grown:
            grown = False
            for table, link in self._links():
                if link.on_delete != LIVES_ON:
                    rows = f"SELECT {table.of('m')} FROM main.{table.name} AS m WHERE {self._hangs(link)}"
                    found = self._db.execute(f"INSERT OR IGNORE INTO {table.gone} ({table.marks}) {rows}")
                    grown = grown or found.rowcount > 0

    def _links(self) -> Iterator[tuple[Table, Link]]:
        return ((table, link) for table in self._tables.values() for link in table.links)

    def _hangs(self, link: Link) -> str:
        """The condition that a row `m` hangs by this link from one that goes."""
        parent = self._tables[link.parent]
        match = " AND ".join(f"p.{theirs} = m.{own}" for own, theirs in link.pairs)
        gone = f"({parent.of('p')}) IN ({_gone(parent)})"
        return f"EXISTS (SELECT 1 FROM main.{parent.name} AS p WHERE {match} AND {gone})"

    def admit(self, holds: Contents) -> None:
        """Raises Refusal when the schema has changed, or the run itself changed rows that were there."""
        if holds[""] != self._left["contents"][""]:
            raise stuck("its schema has changed")
        if names := self._left["entangled"]:
            message = f"Triggers changed other rows of {', '.join(names)} when the migration added its own."
            raise Refusal("NEW_DATA", f"{message} With others' work since, that cannot be undone row by row.")

    def try_out(self) -> None:
        """The removal is known to be possible, and which other rows it touches; nothing is changed. Raises Refusal."""
        beside: list[tuple[Table, tuple[Any, ...]]] = []
        self._db.execute("PRAGMA foreign_keys=OFF")
        self._db.execute("BEGIN")
        try:
            tables.watch(self._db, self._tables)
            self.perform()
            for table in self._tables.values():
                rows = self._db.execute(
                    f"{tables.touched(table)} AND ({table.marks}) NOT IN ({_gone(table)})"
                )
                beside += [(table, row) for row in rows]
        except FAULTS as error:
            raise stuck(str(error)) from error
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        for table, handle in beside:
            self._add(table, handle, STAYS)

    def perform(self) -> None:
        """The rows are gone, within the open transaction, and the database is sound. Raises Refusal, sqlite3.Error.

        Foreign keys are not enforced meanwhile but checked at the end: SQLite would look through the whole of a
        child table without an index for every single row.
        """
        before = dangling(self._db)
        for table, link in self._links():
            if link.on_delete == LIVES_ON:
                columns = ", ".join(f"{own} = NULL" for own, _ in link.pairs)
                self._db.execute(f"UPDATE main.{table.name} AS m SET {columns} WHERE {self._hangs(link)}")
        for table in self._children_first():
            self._db.execute(
                f"DELETE FROM main.{table.name} WHERE ({', '.join(table.handle)}) IN ({_gone(table)})"
            )
        for table in self._tables.values():
            left = f"SELECT 1 FROM main.{table.name} AS m WHERE ({table.of('m')}) IN ({_gone(table)})"
            if self._db.execute(left).fetchone():
                raise stuck(f"a trigger keeps rows of {table.plain}")
        if more := dangling(self._db) - before:
            raise stuck(f"a row of {next(iter(more))[0]} would point to nothing")
        problems = [row[0] for row in self._db.execute("PRAGMA quick_check(1)") if row[0] != "ok"]
        if problems:
            raise Refusal("DB_INVALID", f"The database is damaged: {problems[0]}. Restore it from a backup.")

    def _children_first(self) -> list[Table]:
        """Every table after those that hang from it, as far as there is no circle."""
        order: dict[str, Table] = {}
        waiting = dict(self._tables)
        while waiting:
            parents = {
                link.parent for name, table in waiting.items() for link in table.links if link.parent != name
            }
            free = [name for name in waiting if name not in parents] or [next(iter(waiting))]
            order |= {name: waiting.pop(name) for name in free}
        return list(order.values())

    def lost(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Table and columns of every row that goes, or is changed on the way, and is not as the run wrote it.

        Rows come after those they hang from, so that they can be put back in this order.
        """
        for table in reversed(self._children_first()):
            both = f"{table.gone} AS g JOIN main.{table.name} AS m ON ({table.of('m')}) = ({table.marks})"
            rows = self._db.execute(f"SELECT g.wrote, m.* FROM {both}")
            for wrote, *row in rows:
                if tables.digest(tuple(row)) != wrote:
                    names = (column[0] for column in rows.description[1:])
                    yield table.plain, dict(zip(names, row, strict=True))


def _gone(table: Table) -> str:
    return f"SELECT {table.marks} FROM {table.gone} WHERE wrote IS NOT '{STAYS}'"


def dangling(connection: sqlite3.Connection) -> Counter[tuple[Any, ...]]:
    """How many rows point to nothing, by table, parent and foreign key."""
    return Counter((row[0], row[2], row[3]) for row in connection.execute("PRAGMA foreign_key_check"))


def stuck(why: str) -> Refusal:
    """The refusal that says why rows cannot be taken out."""
    message = f"Others have worked with the database since, and the migrated rows cannot be taken out: {why}."
    return Refusal("NEW_DATA", message)
