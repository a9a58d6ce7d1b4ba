"""The rows that a migration leaves, entered one after the other beside those that were there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.records import OneOf, Record, Table, same_record, same_value


class Rows:
    """Tables that can be written to; those that it is given stay as they are."""

    def __init__(self, tables: dict[str, Table]) -> None:
        self.tables = tables

    def put(self, table: str, key: str, row: Record) -> None:
        """Enters one row, in the place of one of the same key."""
        self.put_all(table, {key: row})

    def put_all(self, table: str, rows: Mapping[str, Record]) -> None:
        """Enters rows by their keys."""
        if rows:
            self.tables[table] = {**self.tables.get(table, {}), **rows}

    def put_by(self, table: str, rows: Mapping[Any, Record]) -> None:
        """Enters rows by the values of their primary key: one value, or a tuple of them."""
        self.put_all(table, {_key(values): row for values, row in rows.items()})

    def by(self, table: str, *columns: str) -> dict[Any, Record]:
        """Returns a table's rows by the values of some columns: one value, or a tuple of them."""
        rows = self.tables.get(table, {}).values()
        if len(columns) == 1:
            return {row[columns[0]]: row for row in rows}
        return {tuple(row[column] for column in columns): row for row in rows}

    def update(
        self, table: str, key: tuple[Any, ...], values: Record, there: Record | None, now: str
    ) -> bool:
        """Enters a row that says when it last changed, and tells whether it had to be written at all.

        A row that was computed in another order may differ in its last digits only: then both times are right.
        """
        if there is not None and all(same_value(value, there.get(name)) for name, value in values.items()):
            same = same_record({**there, **{name: _plain(value) for name, value in values.items()}}, there)
            at = there["last_updated"] if same else OneOf((there["last_updated"], now))
            self.put(table, _key(key), {**there, **values, "last_updated": at})
            return False
        self.put(table, _key(key), {**(there or {}), **values, "last_updated": now})
        return True


def _plain(value: Any) -> Any:
    return getattr(value, "value", value)


def _key(values: Any) -> str:
    return json.dumps(list(values) if isinstance(values, tuple) else [values], default=repr)
