"""Whether the skills database is one that session-buddy can work with: whole, its versions as recorded, its views true."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress

from harness.expectation import TargetUnreadableError
from harness.home import Home
from harness.records import Record, Tables
from harness.sqlite_copy import damage, quoted
from harness.systems.session_buddy.oracle import schema
from harness.systems.session_buddy.oracle.database import (
    file_of,
    object_key,
    objects,
    once_for_each_content,
    opened,
    tables_of,
)
from harness.systems.session_buddy.oracle.mistakes import mistakes
from harness.systems.session_buddy.oracle.taxonomy import CATEGORIES
from harness.systems.session_buddy.oracle.trial import edge_problems, trial_problems
from harness.systems.session_buddy.oracle.views import view_problems


@once_for_each_content
def target_problems(home: Home) -> list[str]:
    """Returns what is wrong with the home's database, a sentence each; nothing when there is none."""
    path = file_of(home)
    if path is None or home.entries[path].kind != "file":
        return []
    problems: list[str] = []
    try:
        with opened(home, path) as connection:
            problems.extend(_integrity_problems(connection, path))
            problems.extend(_version_problems(connection))
    except TargetUnreadableError as error:
        problems.append(str(error))
    return problems


@once_for_each_content
def target_damage(home: Home) -> list[str]:
    """Returns those of the problems that SQLite itself calls damage, as far as it can look."""
    path, found = file_of(home), list[str]()
    if path is not None and home.entries[path].kind == "file":
        with suppress(TargetUnreadableError), opened(home, path) as connection:
            found.extend(damage(connection, path))
    return found


def _integrity_problems(connection: sqlite3.Connection, path: str) -> Iterator[str]:
    yield from damage(connection, path)
    try:
        found = set(connection.execute("PRAGMA foreign_key_check").fetchall())
    except sqlite3.OperationalError as error:  # keys of old releases name a column that is no key
        yield f"{path}: foreign keys cannot be checked: {error}"
        return
    for table, rowid, parent, _ in sorted(found, key=repr):
        yield dangling(table, _key_of(connection, table, rowid), parent)


def dangling(table: str, key: Iterable[object], parent: str) -> str:
    """Returns the sentence on a row, by the values of its key, that refers to one that is not there."""
    return f"{table} {'+'.join(map(str, key))}: refers to a row of {parent} that does not exist"


def _key_of(connection: sqlite3.Connection, table: str, rowid: int) -> tuple[object, ...]:
    columns = connection.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
    names = ", ".join(quoted(row[1]) for row in columns if row[5]) or "rowid"
    query = f"SELECT {names} FROM {quoted(table)} WHERE rowid = ?"  # noqa: S608 - names are quoted
    found: tuple[object, ...] | None = connection.execute(query, [rowid]).fetchone()
    return found or (rowid,)


def _version_problems(connection: sqlite3.Connection) -> Iterator[str]:
    """Yields what is missing of the versions that are recorded, and, where all is there, what does not work."""
    names = {(kind, name.lower()) for kind, name, _, _ in objects(connection)}
    if ("table", "skill_migrations") not in names:
        return
    tables = tables_of(connection)
    recorded = _recorded(tables)
    missing = []
    if schema.V3 in recorded:
        wanted = {(kind, name) for kind, some in schema.OLD_OBJECTS.items() for name in some}
        missing += [
            f"{kind} {name}: version 3 is recorded, but it is missing" for kind, name in wanted - names
        ]
    if schema.V4 in recorded:
        missing += _shape_problems(tables)
    yield from sorted(missing)
    yield from sorted({*row_problems(tables)})
    whole = schema.V3 in recorded and not missing
    if whole and schema.V4 in recorded:
        yield from [*view_problems(connection)] or edge_problems(connection)
        yield from mistakes(connection, tables)
    if whole:
        yield from trial_problems(connection, recorded=schema.V4 in recorded)


def _recorded(tables: Tables) -> set[str]:
    rows = tables["skill_migrations"].values()
    return {str(row.get("version")) for row in rows if row.get("success") == 1}


def _shape_problems(tables: Tables) -> Iterator[str]:
    there = tables["sqlite_master"]
    for name, shape in schema.OBJECTS.items():
        found = there.get(object_key(shape["type"], name))
        if found is None:
            yield f"{shape['type']} {name}: version 4 is recorded, but it is missing"
        elif found != shape:
            yield f"{shape['type']} {name}: {_difference(shape, found)}"


def _difference(shape: Record, found: Record) -> str:
    part = next(part for part in {**shape, **found} if shape.get(part) != found.get(part))
    return (
        f"its {part} must be {shape.get(part)}, and {'are' if part.endswith('s') else 'is'} {found.get(part)}"
    )


def row_problems(tables: Tables) -> Iterator[str]:
    """Yields hours that the time series counts more than once, and categories that nobody can read about."""
    for name in tables.get("skill_time_series", {}):
        if "#" in name.rpartition(":")[2]:
            yield f"skill_time_series: counts {name.rpartition('#')[0]} more than once"
    for name in CATEGORIES:
        text = tables.get("skill_categories", {}).get(name, {}).get("description", "-")
        if not isinstance(text, str) or not text.strip() or "\n" in text:
            yield f"skill_categories: {name} has no description of one line: {text!r}"
