"""What a target *stores*, value for value: the raw rows behind the canonical records, and what leans on what.

Claims about a way back need it: a row that is exported or left in place must be the very row, not one that reads
the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from harness.records import Record, Tables, same_record

RowName = tuple[str, str]
"""A table, and the key by which `Stored.tables` has the row."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: a value in `column` of `table` names a row of `parent` by its column `key`."""

    table: str
    column: str
    parent: str
    key: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A target store as it stands.

    Attributes:
        tables: every row with its values as stored: None, int, float, str (surrogateescape where it is no UTF-8),
            bytes.  A row's key is the same as long as its primary key is.
        references: all foreign keys.
        counters: the highest number ever given out, for each table that never gives one out again.
        shape: a text that differs when tables, columns, triggers or the version do.
        derived: for a table the columns whose values follow from rows of other tables, such as counts.
        files: the paths, relative to the home, that may hold the store, whether they exist or not.
    """

    tables: Tables = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    counters: Mapping[str, int] = field(default_factory=dict)
    shape: str = ""
    files: frozenset[str] = frozenset()
    derived: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def get(self, name: RowName) -> Record | None:
        """Returns a row, or None where there is none of that name."""
        table, key = name
        return self.tables.get(table, {}).get(key)

    def names(self) -> Iterator[RowName]:
        """Yields the names of all rows."""
        return ((table, key) for table, rows in self.tables.items() for key in rows)

    def says_the_same(self, table: str, one: Record, other: Record | None) -> bool:
        """Tells whether two rows of a table are equal but for what follows from other rows."""
        if other is None:
            return False
        own = [
            {name: value for name, value in row.items() if name not in self.derived.get(table, ())}
            for row in (one, other)
        ]
        return same_record(*own)

    def hanging(self, roots: Collection[RowName]) -> set[RowName]:
        """Returns those of the rows that are there, and every row that hangs from one of them by foreign keys."""
        children = self._children()
        todo = [name for name in roots if self.get(name) is not None]
        found = set(todo)
        while todo:
            table, key = todo.pop()
            row = self.tables[table][key]
            for reference in self.references:
                if reference.parent != table:
                    continue
                for child in children.get((reference, row.get(reference.key)), ()):
                    if child not in found:
                        found.add(child)
                        todo.append(child)
        return found

    def _children(self) -> Mapping[tuple[Reference, object], list[RowName]]:
        children: dict[tuple[Reference, object], list[RowName]] = {}
        for reference in self.references:
            for key, row in self.tables.get(reference.table, {}).items():
                value = row.get(reference.column)
                if value is not None:
                    children.setdefault((reference, value), []).append((reference.table, key))
        return children
