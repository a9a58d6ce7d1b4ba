"""The skills database in a home: where it lies, and what it says, always from a private copy.

Beside its tables there are three of our own: ``sqlite_master`` (an object each: those of version 4 by their shape, all
others by their text), ``sqlite_sequence`` and ``sqlite_header``.  Rows of the time series are named by skill and hour,
categories by their name.  What has no meaning of its own (when version 4 was recorded) is told as what it must be.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from harness import sqlite_copy
from harness.home import Home
from harness.records import Record, Tables, Value
from harness.sqlite_copy import raw_table
from harness.stored import RawTable
from harness.systems.session_buddy.model import NAMED, PLACES
from harness.systems.session_buddy.oracle import schema
from harness.systems.session_buddy.oracle.shapes import shape_of

LATER = "later than all others"
CHECKSUM = "64 hexadecimal digits"
_STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def places(home: Home, *, named: bool = False) -> list[str]:
    """Returns which of the places where a database is looked for lead to something in the home.

    One that is `named` lies elsewhere, and nothing else is looked for.
    """
    looked_for = (NAMED,) if named else PLACES
    return [place for place in looked_for if sqlite_copy.place(home, place) is not None]


def leaves_home(home: Home) -> bool:
    """Tells whether a place leads out of the home, where nobody can say what there is."""
    return any(home.relative(home.resolve(f"{home.root}/{place}")) is None for place in PLACES)


def file_of(home: Home, *, named: bool | None = None) -> str | None:
    """Returns the path, inside the home and with links followed, of the database that would be migrated.

    Where nobody says whether it was `named`, it is that at the place of named ones, if there is any.
    """
    looked_for = (NAMED, *PLACES) if named is None else (NAMED,) if named else PLACES
    return next((found for place in looked_for if (found := sqlite_copy.place(home, place))), None)


once_for_each_content = sqlite_copy.once_for_each_content(file_of)


def opened(home: Home, path: str) -> AbstractContextManager[sqlite3.Connection]:
    """Opens a private copy of the database.

    Raises:
        TargetUnreadableError: there is something, but no readable SQLite database.
    """
    return sqlite_copy.opened(home, path)


@once_for_each_content
def read_target(home: Home) -> Tables:
    """Returns the whole content of the database; nothing when there is none.

    Raises:
        TargetUnreadableError: there is one, but it cannot be read.
    """
    path = file_of(home)
    if path is None:
        return {}
    with opened(home, path) as connection:
        return tables_of(connection)


def objects(connection: sqlite3.Connection) -> Iterator[tuple[str, str, str, str | None]]:
    """Yields type, name, table and text of every object."""
    for kind, name, table, sql in connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master"):
        yield str(kind), str(name), str(table), None if sql is None else str(sql)


def table_names(connection: sqlite3.Connection) -> list[str]:
    """Returns the tables that hold rows of their own: no virtual ones, none of SQLite's own but its statistics."""
    return [
        name
        for kind, name, _, sql in objects(connection)
        if kind == "table"
        and not name.startswith("sqlite_s")
        and not re.match(r"\s*create\s+virtual\b", sql or "", re.IGNORECASE)
    ]


def tables_of(connection: sqlite3.Connection) -> dict[str, Mapping[str, Record]]:
    """Returns every table of an open database."""
    tables: dict[str, Mapping[str, Record]] = {}
    for name in table_names(connection):
        rows = raw_table(connection, name)
        if name == "skill_migrations" and {"version", "applied_at"} <= set(rows.columns):
            tables[name] = _versions(rows)
        elif name == "skill_time_series" and {"skill_name", "timestamp", "id"} <= set(rows.columns):
            tables[name] = _named(rows.values(), lambda row: hour_key(row["skill_name"], row["timestamp"]))
        elif name == "skill_categories" and "category_name" in rows.columns:
            tables[name] = _named(rows.values(), lambda row: str(row["category_name"]))
        else:
            tables[name] = rows
    tables["sqlite_master"] = _objects(connection)
    tables["sqlite_sequence"] = _sequence(connection)
    tables["sqlite_header"] = {"header": _header(connection)}
    return tables


def hour_key(skill: Value, hour: Value) -> str:
    """Returns how a row of the time series is named."""
    return f"{skill} at {hour}"


def by_name(table: str, rows: Iterable[Record]) -> dict[str, Record]:
    """Returns rows of a table of version 4 by the names that `tables_of` gives them."""
    if table == "skill_time_series":
        ordered = sorted(rows, key=lambda row: int(str(row["id"])))
        return _named(ordered, lambda row: hour_key(row["skill_name"], row["timestamp"]))
    if table == "skill_categories":
        return _named(rows, lambda row: str(row["category_name"]))
    keys = schema.OBJECTS[table]["key"]
    return {json.dumps([row[name] for name in keys], default=repr): row for row in rows}


def _named(rows: Iterable[Record], name_of: Any) -> dict[str, Record]:
    """Returns the rows by another name; the second of a name is ``name#2``, so that none hides another."""
    named: dict[str, Record] = {}
    seen: dict[str, int] = {}
    for row in rows:
        name = name_of(row)
        seen[name] = seen.get(name, 0) + 1
        named[name if seen[name] == 1 else f"{name}#{seen[name]}"] = row
    return named


def _versions(rows: RawTable) -> dict[str, Record]:
    others = [
        str(row["applied_at"])
        for row in rows.values()
        if row["version"] != schema.V4 and _STAMP.fullmatch(str(row["applied_at"]))
    ]
    return {
        (str(row["version"]) if row["version"] == schema.V4 else key): _version(row, max(others, default=""))
        for key, row in rows.items()
    }


def _version(row: Record, newest: str) -> Record:
    if row["version"] != schema.V4:
        return row
    at, checksum = row["applied_at"], row.get("checksum")
    later = isinstance(at, str) and _STAMP.fullmatch(at) and at > newest
    digits = isinstance(checksum, str) and re.fullmatch(r"[0-9a-f]{64}", checksum)
    return {**row, "applied_at": LATER if later else at, "checksum": CHECKSUM if digits else checksum}


def object_key(kind: str, name: str) -> str:
    """Returns how an object of the schema is named."""
    return f"{kind} {name}"


def _objects(connection: sqlite3.Connection) -> dict[str, Record]:
    rows: dict[str, Record] = {}
    for kind, name, table, sql in list(objects(connection)):
        if name.lower() in schema.OBJECTS:
            rows[object_key(kind, name.lower())] = shape_of(connection, kind, name, sql or "")
        elif not (name.startswith("sqlite_autoindex_") and table.lower() in schema.TABLES):
            rows[object_key(kind, name)] = {"table": table, "sql": sql}
    return rows


def _sequence(connection: sqlite3.Connection) -> dict[str, Record]:
    if not any(name == "sqlite_sequence" for _, name, _, _ in objects(connection)):
        return {}
    rows = connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
    return {str(name): {"highest": seq} for name, seq in rows if str(name).lower() not in schema.TABLES}


def _header(connection: sqlite3.Connection) -> Record:
    names = ("journal_mode", "user_version", "application_id", "page_size", "encoding", "auto_vacuum")
    return {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names}
