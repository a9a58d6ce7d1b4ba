"""Reading ``sessions.db`` from a home: always a private copy, its write-ahead log counted in, so that looking disturbs nothing.

Canonical values: instances are named by session and number, and so are the instances of messages; ``runtime_mix`` and
the objects that issues keep are parsed; what has no meaning (numbers given out by the table, the moment at which a step
was applied) is left out.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from harness.expectation import TargetUnreadableError
from harness.home import Home
from harness.records import Record, Tables, Value
from harness.systems.ait42.oracle.settling import key_of

PLACE = ".ait42/sessions.db"
SUFFIXES = ("", "-wal", "-shm", "-journal")
_COPIED = ("", "-wal", "-journal")  # a -shm is rebuilt from the -wal
_SEARCH = "sessions_fts"


def place(home: Home) -> str | None:
    """Returns where the database's file lies once links are followed, or None when nothing is there."""
    inside = home.relative(home.resolve(f"{home.root}/{PLACE}"))
    return inside if inside is not None and inside in home.entries else None


@contextmanager
def opened(home: Home) -> Iterator[sqlite3.Connection]:
    """Opens a private copy of the home's database.

    Raises:
        TargetUnreadableError: there is something, but no readable SQLite database.
    """
    path = place(home)
    entry = None if path is None else home.get(path)
    if path is None or entry is None or entry.kind != "file":
        raise TargetUnreadableError(f"{PLACE}: not a regular file")
    with tempfile.TemporaryDirectory(prefix="ait42-oracle-") as folder:
        copy = os.path.join(folder, "sessions.db")
        for suffix in _COPIED:
            beside = home.get(path + suffix)
            if beside is not None and beside.kind == "file":
                with open(copy + suffix, "wb") as file:
                    file.write(home.content(path + suffix))
        connection = sqlite3.connect(copy, isolation_level=None)
        try:
            connection.text_factory = _text
            yield connection
        except sqlite3.Error as error:
            raise TargetUnreadableError(f"{PLACE}: {error}") from error
        finally:
            connection.close()


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


def quoted(name: str) -> str:
    """Returns a name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
