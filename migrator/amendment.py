"""Taking out a run that also changed rows which were there: they are put back, as far as nobody has changed them since.

It goes by columns: what others have written into a row stays, what only the run wrote there becomes what it was.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from migrator import tables
from migrator.database import Contents, quoted
from migrator.removal import Removal, dangling, stuck
from migrator.tables import Table

CHANGED = "changed.jsonl"

Changed = tuple[str, list[Any], list[str]]  # table, key, a digest of each column as the run wrote it


class Amendment(Removal):
    """A removal that knows the rows which the run `changed`, and `old`, the database as it was before."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        written: Iterable[tuple[str, list[Any], str]],
        left: dict[str, Any],
        changed: Iterable[Changed],
        old: sqlite3.Connection,
    ) -> None:
        super().__init__(connection, written, left)
        self._back = list(self._found(changed, old))

    def _found(
        self, changed: Iterable[Changed], old: sqlite3.Connection
    ) -> Iterator[tuple[Table, tuple[Any, ...], dict[str, Any], bool]]:
        """Table and handle of each changed row, the columns to be put back, and whether the row is just as written."""
        for lower, key, digests in changed:
            if lower not in self._tables:
                raise stuck(f"table {lower} is gone")
            table = self._tables[lower]
            same = " AND ".join(f"m.{column} = ?" for column in table.key)
            query = f"SELECT {{}} m.* FROM main.{table.name} AS m WHERE {same}"
            cursor = self._db.execute(query.format(table.of("m") + ","), key)
            found, was = cursor.fetchone(), old.execute(query.format(""), key).fetchone()
            if found is None or was is None:
                continue  # others deleted it
            width = len(table.handle)
            names = [column[0] for column in cursor.description[width:]]
            columns = list(zip(names, found[width:], was, digests, strict=True))
            ours = {name: then for name, now, then, digest in columns if tables.digest((now,)) == digest}
            whole = len(ours) == len(columns)
            self.present, self.unchanged = self.present + whole, self.unchanged + whole
            yield table, found[:width], ours, whole

    def admit(self, holds: Contents) -> None:
        """Raises Refusal when the schema has changed, or rows were deleted by a trigger on the way."""
        super().admit(holds)
        if names := self._left["deleted"]:
            raise stuck(f"a trigger deleted rows of {', '.join(names)} when the migration wrote its own")

    def try_out(self) -> None:
        """As ever; but a row that is just as the run wrote it need not be kept."""
        super().try_out()
        for table, handle, _, whole in self._back:
            if whole:
                self._forget(table, handle)

    def perform(self) -> None:
        """The rows are gone, and those that were changed are put back, within the open transaction."""
        before = dangling(self._db)
        super().perform()
        for table, handle, values, _ in self._back:
            if values:
                columns = ", ".join(f"{quoted(name)} = ?" for name in values)
                place = f"({', '.join(table.handle)}) = ({', '.join('?' * len(handle))})"
                self._db.execute(
                    f"UPDATE main.{table.name} SET {columns} WHERE {place}", (*values.values(), *handle)
                )
        if more := dangling(self._db) - before:
            raise stuck(f"a row of {next(iter(more))[0]} would point to nothing")
