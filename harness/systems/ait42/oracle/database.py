"""Reading ``sessions.db`` from a home: always a private copy, its write-ahead log counted in, so that looking disturbs nothing.

Canonical values: instances are named by session and number, and so are the instances of messages; ``runtime_mix`` and
the objects that issues keep are parsed; what has no meaning (numbers given out by the table, the moment at which a step
was applied) is left out.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from harness import sqlite_copy
from harness.home import Home
from harness.records import Record, Tables, Value
from harness.sqlite_copy import quoted
from harness.systems.ait42.oracle.settling import key_of

PLACE = ".ait42/sessions.db"
_SEARCH = "sessions_fts"


def place(home: Home) -> str | None:
    """Returns where the database's file lies once links are followed, or None when nothing is there."""
    return sqlite_copy.place(home, PLACE)


once_for_each_content = sqlite_copy.once_for_each_content(place)


def opened(home: Home) -> AbstractContextManager[sqlite3.Connection]:
    """Opens a private copy of the home's database.

    Raises:
        TargetUnreadableError: there is something, but no readable SQLite database.
    """
    return sqlite_copy.opened(home, PLACE)


@once_for_each_content
def read_target(home: Home) -> Tables:
    """Returns the whole content of the database in canonical values; nothing when there is none.

    Raises:
        TargetUnreadableError: there is one, but it cannot be read.
    """
    if place(home) is None:
        return {}
    with opened(home) as connection:
        return tables_of(connection)


def table_names(connection: sqlite3.Connection) -> list[str]:
    """Returns the tables but SQLite's own and those of the full-text search."""
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    names = (str(name) for (name,) in rows)
    return [name for name in names if not name.startswith("sqlite_") and not name.startswith(_SEARCH)]


def columns_of(connection: sqlite3.Connection, table: str) -> set[str]:
    """Returns the names of a table's columns; none where there is no such table."""
    return {str(row[1]) for row in connection.execute(f"PRAGMA table_info({quoted(table)})")}


def tables_of(connection: sqlite3.Connection) -> dict[str, dict[str, Record]]:
    """Returns every table of an open database in canonical values."""
    instances = _instances(connection)
    readers: dict[str, Callable[[Record], tuple[str, Record]]] = {
        "sessions": _session,
        "instances": _instance,
        "chat_messages": lambda row: _message(row, instances),
        "migration_issues": _issue,
        "schema_version": _step,
    }
    tables: dict[str, dict[str, Record]] = {}
    for name in table_names(connection):
        rows: dict[str, Record] = {}
        for number, row in enumerate(_records(connection, name), 1):
            key, record = readers.get(name, _any)(row)
            rows[key if key not in rows else f"{key}#{number}"] = record  # none may hide another
        tables[name] = rows
    return tables


def _records(connection: sqlite3.Connection, table: str) -> Iterator[dict[str, Any]]:
    cursor = connection.execute(f"SELECT * FROM {quoted(table)} ORDER BY 1")  # noqa: S608 - a quoted table name
    names = [part[0] for part in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))


def _instances(connection: sqlite3.Connection) -> dict[Value, list[Value]]:
    """Returns for each number that the table gave out the session and number of the instance."""
    if not {"id", "session_id", "instance_id"} <= columns_of(connection, "instances"):
        return {}
    rows = connection.execute("SELECT id, session_id, instance_id FROM instances")
    return {number: [session, instance] for number, session, instance in rows}


def _any(row: Record) -> tuple[str, Record]:
    return key_of(*row.values()), row


def _session(row: Record) -> tuple[str, Record]:
    mix = row.get("runtime_mix")
    return str(row.get("id")), {**row, **({"runtime_mix": _parsed(mix)} if "runtime_mix" in row else {})}


def _instance(row: Record) -> tuple[str, Record]:
    rest = {name: value for name, value in row.items() if name != "id"}
    return key_of(row.get("session_id"), row.get("instance_id")), rest


def _message(row: Record, instances: dict[Value, list[Value]]) -> tuple[str, Record]:
    number = row.get("instance_id_ref")
    if "instance_id_ref" not in row:
        return str(row.get("id")), row
    found = None if number is None else instances.get(number, f"no instance {number}")
    return str(row.get("id")), {**row, "instance_id_ref": found}


def _issue(row: Record) -> tuple[str, Record]:
    names = ("source", "entity", "entity_id", "field", "reason")
    rest = {name: value for name, value in row.items() if name != "id"}
    if row.get("reason") in {"duplicate-session", "duplicate-instance"}:
        rest["original"] = _parsed(row.get("original"))
    return key_of(*(row.get(name) for name in names)), rest


def _step(row: Record) -> tuple[str, Record]:
    return str(row.get("version")), {name: value for name, value in row.items() if name != "applied_at"}


def _parsed(text: Value) -> Value:
    try:
        return json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return text
