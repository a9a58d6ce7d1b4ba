"""What putting an export back leaves: each of its rows whose place is free, but for those that would refer to nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.home import Home
from harness.records import Record, Value
from harness.systems.session_buddy.oracle import schema
from harness.systems.session_buddy.oracle.database import by_name
from harness.systems.session_buddy.oracle.written import Rows

_PARENTS = {
    "skill_metrics": "skill_name",
    "skill_clusters": "cluster_id",
    "ab_test_configs": "test_id",
    "skill_categories": "category_id",
}


def export_of(home: Home, folder: str) -> dict[str, list[Record]] | None:
    """Returns the rows of an export by table; None where it is not there, or not as it was written."""
    try:
        manifest = json.loads(home.content(f"{folder}/manifest.json"))
        found: dict[str, list[Record]] = {}
        for table, about in manifest.items():
            content = home.content(f"{folder}/{about['file']}")
            rows = [json.loads(line) for line in content.decode("ascii").splitlines()]
            if hashlib.sha256(content).hexdigest() != about["sha256"] or len(rows) != about["rows"]:
                return None
            found[table] = [{name: _value(value) for name, value in row.items()} for row in rows]
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
    return found


def put_back(rows: Rows, export: Mapping[str, list[Record]]) -> tuple[dict[str, bool], bool]:
    """Enters the rows; gives for each table whether any stays, and whether any had to be left out for what it refers to."""
    new = {
        table: _fitting(table, rows.tables.get(table, {}).values(), export[table])
        for table in schema.TABLES
        if table in export
    }
    left_out = False
    while stray := [(table, row) for table, row in _each(new) if _dangles(table, row, rows, new)]:
        left_out = True
        for table, row in stray:
            new[table].remove(row)
    for table, found in new.items():
        rows.tables[table] = by_name(table, [*rows.tables.get(table, {}).values(), *found])
    return {table: bool(found) for table, found in new.items()}, left_out


def _value(value: Any) -> Value:
    if isinstance(value, dict):
        return base64.b64decode(value["base64"])
    found: Value = value
    return found


def _each(new: Mapping[str, list[Record]]) -> Iterator[tuple[str, Record]]:
    return ((table, row) for table, found in new.items() for row in found)


def _fitting(table: str, there: Iterable[Record], wanted: Iterable[Record]) -> list[Record]:
    """Returns the rows of which no key is taken, neither by a row that is there nor by one before."""
    shape = schema.OBJECTS[table]
    keys = {tuple(shape["key"]), *map(tuple, shape["unique"])}
    taken = {(key, tuple(row[name] for name in key)) for row in there for key in keys}
    found = []
    for row in wanted:
        own = {(key, tuple(row[name] for name in key)) for key in keys}
        if not own & taken:
            taken |= own
            found.append(row)
    return found


def _dangles(table: str, row: Record, rows: Rows, new: Mapping[str, list[Record]]) -> bool:
    for text in schema.OBJECTS[table]["references"]:
        column, parent = re.fullmatch(r"(\w+) refers to (\w+)", text).groups()  # type: ignore[union-attr]
        known = [*rows.tables.get(parent, {}).values(), *new.get(parent, ())]
        if row[column] is not None and row[column] not in {one[_PARENTS[parent]] for one in known}:
            return True
    return False
