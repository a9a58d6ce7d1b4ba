"""The schema of the database as SQLite tells it, beside the one that the facts demand."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from harness.systems.ait42.oracle import schema

_SEARCH = "sessions_fts"


def structure_problems(connection: sqlite3.Connection) -> Iterator[str]:
    """Yields what is missing from the tables, indexes, triggers and the search, or is otherwise than it must be."""
    found = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table in schema.TABLES:
        if table not in found:
            yield f"{table}: the table is missing"
            continue
        yield from _column_problems(connection, table)
        yield from _index_problems(connection, table)
    yield from _reference_problems(connection)
    yield from _trigger_problems(connection)
    yield from _search_problems(connection, found)
    if "schema_version" in found:
        rows = connection.execute("SELECT version, name FROM schema_version ORDER BY version").fetchall()
        if dict(rows) != schema.STEPS:
            yield f"schema_version: says {rows}, not {list(schema.STEPS.items())}"


def _column_problems(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    rows = connection.execute(f"PRAGMA table_info({table})").fetchall()
    found = {row[1]: schema.Column(str(row[2]).upper(), bool(row[3]), int(row[5])) for row in rows}
    for name, column in schema.TABLES[table].items():
        if name not in found:
            yield f"{table}: the column {name} is missing"
        elif found[name] != column:
            yield f"{table}: the column {name} is {found[name]}, not {column}"


def _index_problems(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    found = set()
    unique = set()
    for _, name, is_unique, origin, partial in connection.execute(f"PRAGMA index_list({table})").fetchall():
        rows = connection.execute(f'PRAGMA index_xinfo("{name}")').fetchall()
        columns = tuple((str(row[2]), bool(row[3])) for row in rows if row[5])
        if origin == "c" and not partial:
            found.add(columns)
        if is_unique and not partial:
            unique.add(tuple(column for column, _ in columns))
    for columns in schema.INDEXES.get(table, ()):
        if columns not in found:
            yield f"{table}: no index on {columns}"
    for names in _UNIQUE.get(table, ()):
        if names not in unique:
            yield f"{table}: {names} is not unique"


_UNIQUE = {
    "instances": (("session_id", "instance_id"),),
    "migration_issues": (("source", "entity", "entity_id", "field", "reason"),),
}


def _reference_problems(connection: sqlite3.Connection) -> Iterator[str]:
    for (table, column), wanted in schema.REFERENCES.items():
        rows = connection.execute(f"PRAGMA foreign_key_list({table})").fetchall()
        found = {row[3]: (row[2], row[4] or "id", row[6]) for row in rows}
        if found.get(column) != wanted:
            yield f"{table}: {column} refers to {found.get(column)}, not to {wanted}"


def _trigger_problems(connection: sqlite3.Connection) -> Iterator[str]:
    rows = connection.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    found = dict(rows)
    for name, table in schema.TRIGGERS.items():
        if found.get(name) != table:
            yield f"{table}: the trigger {name} is missing"
    for name in sorted(found.keys() - schema.TRIGGERS.keys()):
        yield f"{found[name]}: the trigger {name} is one too many"


def _search_problems(connection: sqlite3.Connection, tables: set[str]) -> Iterator[str]:
    if _SEARCH not in tables:
        yield f"{_SEARCH}: the table is missing"
        return
    (text,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", [_SEARCH]).fetchone()
    plain = "".join(str(text).lower().replace('"', "'").replace("'", "").split())
    for needed in ("usingfts5(task,", "content=sessions", "content_rowid=rowid"):
        if needed not in plain:
            yield f"{_SEARCH}: made by {text!r}, without {needed!r}"
