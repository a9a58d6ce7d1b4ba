"""The skills database value for value, its objects as rows of ``sqlite_master``: what a rollback takes or leaves.

Numbers given out count for the tables of version 3 alone: those of version 4 go with their tables,
and one that stays behind is told.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace

from harness.home import Home
from harness.sqlite_copy import SUFFIXES, value_for_value
from harness.stored import RawTable, Stored
from harness.systems.session_buddy.model import NAMED, PLACES
from harness.systems.session_buddy.oracle import schema
from harness.systems.session_buddy.oracle.database import (
    file_of,
    objects,
    once_for_each_content,
    opened,
    table_names,
)

_NAMES = re.compile(r"\b(" + "|".join(schema.OBJECTS) + r")\b", re.IGNORECASE)


@once_for_each_content
def read_stored(home: Home) -> Stored:
    """Returns what the database stores; no tables where there is none.

    Raises:
        TargetUnreadableError: there is one, but it cannot be read.
    """
    path = file_of(home)
    if path is None:
        return Stored(files=frozenset(place + suffix for place in (NAMED, *PLACES) for suffix in SUFFIXES))
    files = frozenset(path + suffix for suffix in SUFFIXES)
    with opened(home, path) as connection:
        found = value_for_value(connection, table_names(connection), files=files)
        rows = list(objects(connection))
        named = RawTable(("type", "name", "tbl_name", "sql"), ("type", "name"), rows)
        there = {name.lower() for name in found.tables} & {*schema.TABLES}
        counters = {name: seq for name, seq in found.counters.items() if name.lower() not in there}
        return replace(
            found,
            tables={**found.tables, "sqlite_master": named},
            counters=counters,
            shape=_shape(rows, connection),
        )


def _shape(rows: list[tuple[str, str, str, str | None]], connection: sqlite3.Connection) -> str:
    """Returns a text of version 4's objects and of what others built on them, and of nothing else."""
    own = sorted(row for row in rows if row[1].lower() in schema.OBJECTS)
    leaning = sorted(row[:2] for row in rows if row not in own and _leans(row))
    return repr((own, leaning, connection.execute("PRAGMA user_version").fetchone()))


def _leans(row: tuple[str, str, str, str | None]) -> bool:
    _, name, table, sql = row
    if name.startswith("sqlite_autoindex_"):
        return False
    return table.lower() in schema.OBJECTS or bool(sql and _NAMES.search(sql))
