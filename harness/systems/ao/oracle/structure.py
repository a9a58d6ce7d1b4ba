"""Whether an open database has the tables, columns, keys, indexes and triggers of version 12."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlite_utils import Database

from harness.systems.ao.oracle import schema

_WHERE = re.compile(r"\bWHERE\b(.*)", re.IGNORECASE | re.DOTALL)


def structure_problems(database: Database) -> Iterator[str]:
    """Yields what is missing, added or different, a sentence each."""
    tables = set(database.table_names())
    for name, table in schema.TABLES.items():
        if name not in tables:
            yield f"{name}: the table is missing"
            continue
        yield from _column_problems(database, name, table)
        yield from _constraint_problems(database, name, table)
    for name in sorted(tables - schema.TABLES.keys() - {schema.VERSION_TABLE}):
        if not name.startswith("sqlite_"):
            yield f"{name}: the table does not belong to version {schema.VERSION}"
    yield from _index_problems(database)
    found = dict(
        database.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    )
    for name, table_name in schema.TRIGGERS.items():
        if found.get(name) != table_name:
            yield f"{table_name}: the trigger {name} is missing"
    for name in found.keys() - schema.TRIGGERS.keys():
        yield f"{found[name]}: the trigger {name} does not belong to version {schema.VERSION}"


def _column_problems(database: Database, name: str, table: schema.Table) -> Iterator[str]:
    info = database.execute(f"PRAGMA table_info({name})").fetchall()
    found = [schema.Column(row[1], str(row[2]).upper(), bool(row[3]), _default(row[4])) for row in info]
    by_name = {column.name: column for column in found}
    for column in table.columns:
        if column.name not in by_name:
            yield f"{name}: the column {column.name} is missing"
        elif by_name[column.name] != column:
            yield f"{name}: the column is {by_name[column.name]}, not {column}"
    for column in found:
        if column.name not in {known.name for known in table.columns}:
            yield f"{name}: the column {column.name} does not belong to version {schema.VERSION}"
    wanted = [column.name for column in table.columns]
    if sorted(wanted) == sorted(by_name) and wanted != list(by_name):
        yield f"{name}: the columns stand in another order: {', '.join(by_name)}"
    key = tuple(row[1] for row in sorted(info, key=lambda row: int(row[5])) if row[5])
    if key != table.key:
        yield f"{name}: the primary key is {key}, not {table.key}"


def _default(text: str | None) -> str | None:
    if text is None:
        return None
    bare = text.strip().removeprefix("(").removesuffix(")") if text.startswith("(") else text.strip()
    return {"false": "FALSE"}.get(bare.lower(), bare)


def _constraint_problems(database: Database, name: str, table: schema.Table) -> Iterator[str]:
    unique = {
        tuple(column for column, _ in _index_columns(database, row[1]))
        for row in database.execute(f"PRAGMA index_list({name})").fetchall()
        if row[3] == "u"
    }
    if unique != table.unique:
        yield f"{name}: UNIQUE is {sorted(unique)}, not {sorted(table.unique)}"
    foreign = {
        (row[3], row[2], row[4] or "", str(row[6]))
        for row in database.execute(f"PRAGMA foreign_key_list({name})").fetchall()
    }
    if foreign != table.foreign:
        yield f"{name}: the foreign keys are {sorted(foreign)}, not {sorted(table.foreign)}"


def _index_problems(database: Database) -> Iterator[str]:
    query = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    for name, table, sql in database.execute(query).fetchall():
        if name not in schema.INDEXES:
            yield f"{table}: the index {name} does not belong to version {schema.VERSION}"
            continue
        columns = tuple(
            column + (" DESC" if falling else "") for column, falling in _index_columns(database, name)
        )
        where = _WHERE.search(sql)
        unique = sql.upper().split()[1] == "UNIQUE"
        found = schema.Index(table, columns, unique, _bare(where[1]) if where else None)
        if found != schema.INDEXES[name]:
            yield f"{table}: the index {name} is {found}, not {schema.INDEXES[name]}"
    existing = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    for name in schema.INDEXES.keys() - existing:
        yield f"{schema.INDEXES[name].table}: the index {name} is missing"


def _index_columns(database: Database, name: str) -> list[tuple[str, bool]]:
    """Returns the columns of an index in order, each with whether it falls."""
    rows = database.execute("SELECT name, desc FROM pragma_index_xinfo(?) WHERE key", [name]).fetchall()
    return [(str(column), bool(falling)) for column, falling in rows]


def _bare(clause: str) -> str:
    return re.sub(r"[\s\"()]+", "", clause)
