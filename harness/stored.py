"""What a target *stores*, value for value: the raw rows behind the canonical records, and what leans on what.

Claims about a way back need it: a row that is exported or left in place must be the very row, not one that reads
the same.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.records import Record, Table, Tables, same_record, same_value

RowName = tuple[str, str]
"""A table, and the key by which `Stored.tables` has the row."""


class RawTable(Mapping[str, Record]):
    """A table as it is read: rows stay tuples, and keys values, until someone looks at them; most are only compared.

    A row's key is its primary key as JSON list; where that is NULL or lacking, its number in the table.
    """

    def __init__(self, columns: Sequence[str], keys: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        self.columns = tuple(columns)
        places = [self.columns.index(key) for key in keys]
        named: dict[Any, tuple[Any, ...]] = {}
        if len(places) == 1:
            at = places[0]
            for number, row in enumerate(rows):
                value = row[at]
                named[(number, None) if value is None else value] = row
        else:
            for number, row in enumerate(rows):
                values = tuple(row[at] for at in places)
                named[(number, None) if not values or None in values else values] = row
        self._rows = named

    @functools.cached_property
    def _by_key(self) -> dict[str, tuple[Any, ...]]:
        return {_key(name): row for name, row in self._rows.items()}

    def __getitem__(self, key: str) -> Record:
        """Returns a row as a record."""
        return dict(zip(self.columns, self._by_key[key], strict=True))

    def __contains__(self, key: object) -> bool:
        """Tells whether there is such a row."""
        return key in self._by_key

    def __iter__(self) -> Iterator[str]:
        """Yields the keys in the order of the rows."""
        return iter(self._by_key)

    def __len__(self) -> int:
        """Returns the number of rows."""
        return len(self._rows)

    def differing(self, before: RawTable) -> Iterator[str]:
        """Yields the keys of the rows that `before`, a table of the same columns and keys, lacks or has otherwise."""
        old = before._rows.get
        for name, row in self._rows.items():
            was = old(name)
            if was is None or was != row or not _same_kinds(was, row):
                yield _key(name)


def _key(name: Any) -> str:
    """Returns the key of a row by its name: a value, several, or a number and None."""
    if isinstance(name, tuple) and None in name:
        return f"#{name[0]}"
    return json.dumps(list(name) if isinstance(name, tuple) else [name], default=repr)


def _same_kinds(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Tells whether equal values are the same: not 1 and 1.0, nor 0.0 and -0.0."""
    kinds = list(map(type, one))
    if kinds != list(map(type, other)):
        return False
    return float not in kinds or all(map(same_value, one, other))


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
        tables: mostly `RawTable`s: every row with its values as stored: None, int, float, str (surrogateescape
            where it is no UTF-8), bytes.  A row's key is the same as long as its primary key is.
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

    def has(self, name: RowName) -> bool:
        """Tells whether there is a row of that name."""
        return name[1] in self.tables.get(name[0], {})

    def same_as(self, other: Stored) -> bool:
        """Tells whether both hold the same rows, counters and schema."""
        return (
            (self.shape, self.counters, self.tables.keys())
            == (other.shape, other.counters, other.tables.keys())
            and not any(self.differing(other))
            and not any(other.differing(self))
        )

    def told_from(self, before: Stored) -> str:
        """Returns in words how this store differs from an earlier one, the gravest first; empty where it does not."""
        old, new = before.tables, self.tables
        gone = sorted(old.keys() - new, key=lambda name: (-len(old[name]), name))
        told = [f"table {name} is gone ({len(old[name])} rows)" for name in gone]
        for name in sorted(new.keys() & old):
            lost, made = len(old[name].keys() - new[name].keys()), len(new[name].keys() - old[name].keys())
            other = sum(1 for _ in _differing(new[name], old[name])) - made
            counts = [
                f"{n} rows {what}" for n, what in ((lost, "gone"), (other, "other"), (made, "left")) if n
            ]
            told += [f"table {name}: {', '.join(counts)}"] if counts else []
        told += [f"table {name} is left" for name in sorted(new.keys() - old)]
        return "; ".join(told) or ("the schema is another" if self.shape != before.shape else "")

    def differing(self, before: Stored) -> Iterator[RowName]:
        """Yields the names of the rows that `before` lacks or has with other values."""
        for name, rows in self.tables.items():
            yield from ((name, key) for key in _differing(rows, before.tables.get(name, {})))

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


def _differing(rows: Table, before: Table) -> Iterator[str]:
    if isinstance(rows, RawTable) and isinstance(before, RawTable) and rows.columns == before.columns:
        yield from rows.differing(before)
        return
    for key, row in rows.items():
        if key not in before or not same_record(before[key], row):
            yield key
