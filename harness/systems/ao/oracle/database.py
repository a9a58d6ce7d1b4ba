"""Reading the rewrite's database from a home: always a private copy, so that looking disturbs nothing.

Canonical values: TIMESTAMP columns as `timestamps.read_as_daemon` gives them (raw where the daemon cannot read
them), ``projects.config`` as parsed JSON without empty objects, ``change_log.payload`` as parsed JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlite_utils import Database

from harness import sqlite_copy
from harness.expectation import TargetUnreadableError
from harness.home import Home
from harness.records import Record, Tables, Value
from harness.systems.ao.oracle.javascript import NotJsonError, parse_json
from harness.systems.ao.oracle.timestamps import read_as_daemon

PLACE = ".ao/data/ao.db"
T = TypeVar("T")


def place(home: Home) -> str | None:
    """Returns where the database's file lies in the home once links are followed, or None when nothing is there."""
    return sqlite_copy.place(home, PLACE)


def asked(home: Home, question: Callable[[Database], T]) -> T:
    """Returns what the home's database answers; text that is not UTF-8 comes with surrogates.

    Such text is rare and slow to read, so it is reckoned with only where plain reading has failed.

    Raises:
        TargetUnreadableError: there is something, but no readable SQLite database.
    """
    try:
        with opened(home, text=str) as database:
            return question(database)
    except TargetUnreadableError:
        with opened(home) as database:
            return question(database)


@contextmanager
def opened(
    home: Home, *, text: Callable[[bytes], str] | type[str] = sqlite_copy.with_surrogates
) -> Iterator[Database]:
    """Opens a private copy of the home's database, its write-ahead log counted in.

    Raises:
        TargetUnreadableError: there is something, but no readable SQLite database.
    """
    with sqlite_copy.opened(home, PLACE, text=text) as connection:
        yield Database(connection, execute_plugins=False)


once_for_each_content = sqlite_copy.once_for_each_content(place)


@once_for_each_content
def read_target(home: Home) -> Tables:
    """Returns the whole content of ``.ao/data/ao.db`` in canonical values; nothing when there is no database.

    Raises:
        TargetUnreadableError: there is one, but it cannot be read.
    """
    if place(home) is None:
        return {}
    return asked(home, tables_of)


def tables_of(database: Database) -> dict[str, dict[str, Record]]:
    """Returns every table of an open database but SQLite's own, in canonical values."""
    names = [str(name) for name in database.table_names() if not name.startswith("sqlite_")]
    return {name: _change_log(database) if name == "change_log" else _table(database, name) for name in names}


def row_key(values: list[Value]) -> str:
    """Returns the text that names a row: its primary key, or the JSON list of a composite one."""
    if len(values) == 1:
        return values[0] if isinstance(values[0], str) else _json(values[0])
    return _json(values)


def change_log_key(record: Record, seen: dict[str, int]) -> str:
    """Returns the text that names a change-log row: event, session, payload and the how-manieth such row it is.

    The sequence number is left out, since the order of the rows of one migration is free.
    """
    stem = _json([record["event_type"], record["session_id"], record["payload"]])
    seen[stem] = seen.get(stem, 0) + 1
    return _json([record["event_type"], record["session_id"], record["payload"], seen[stem]])


def canonical_config(text: Value) -> Value:
    """Returns ``projects.config`` as the daemon understands it: JSON without empty objects, None when empty."""
    if not isinstance(text, str):
        return text
    try:
        value = without_empty_objects(parse_json(text))
    except NotJsonError:
        return text
    return None if value == {} else value


def without_empty_objects(value: Value) -> Value:
    """Returns a JSON value whose objects hold no empty objects; the outermost may itself become empty."""
    if not isinstance(value, dict):
        return value
    inner = {name: without_empty_objects(part) for name, part in value.items()}
    return {name: part for name, part in inner.items() if part != {}}


def _table(database: Database, name: str) -> dict[str, Record]:
    info = database.execute(f"PRAGMA table_info({_quoted(name)})").fetchall()
    timestamps = {row[1] for row in info if str(row[2]).upper() == "TIMESTAMP"}
    keys = [row[1] for row in sorted(info, key=lambda row: int(row[5])) if row[5]]
    rows: dict[str, Record] = {}
    for record in _records(database, name):
        for column in timestamps & record.keys():
            record[column] = read_as_daemon(record[column]) or record[column]
        if name == "projects" and "config" in record:
            record["config"] = canonical_config(record["config"])
        values = [record[key] for key in keys] if keys else [f"#{len(rows) + 1}"]
        key = row_key(values)
        # A NULL key may occur more than once in SQLite; none of these rows may hide another.
        rows[key if key not in rows else f"{key}#{len(rows) + 1}"] = record
    return rows


def _change_log(database: Database) -> dict[str, Record]:
    rows: dict[str, Record] = {}
    seen: dict[str, int] = {}
    for record in _records(database, "change_log", order=" ORDER BY rowid"):
        record.pop("seq", None)
        record["created_at"] = read_as_daemon(record.get("created_at")) or record.get("created_at")
        record["payload"] = _parsed(record.get("payload"))
        record.setdefault("event_type", None)
        record.setdefault("session_id", None)
        rows[change_log_key(record, seen)] = record
    return rows


def _records(database: Database, name: str, *, order: str = "") -> Iterator[dict[str, Any]]:
    cursor = database.execute(f"SELECT * FROM {_quoted(name)}{order}")  # noqa: S608 - a quoted table name
    columns = [part[0] for part in cursor.description]
    for row in cursor:
        yield dict(zip(columns, row, strict=True))


def _parsed(payload: Value) -> Value:
    try:
        return parse_json(payload) if isinstance(payload, str) else payload
    except NotJsonError:
        return payload


def _json(value: Value) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=repr)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
