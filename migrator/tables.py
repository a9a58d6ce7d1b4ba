"""What a schema says of its own tables, and which rows a transaction touches; no product is known here.

Rows are told apart in two ways: by `handle` within one transaction, and by `key` for good. A rowid that no column
declares is a handle only: VACUUM may give it to another row (https://www.sqlite.org/lang_vacuum.html).
"""

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

from migrator.database import Contents, quoted

# What FTS3 to FTS5 and R*Tree keep beside a virtual table; it changes with the table that it serves.
SHADOWS = {"data", "idx", "content", "docsize", "config", "segments", "segdir", "stat"}
SHADOWS |= {"node", "parent", "rowid"}
ALIASES = ("rowid", "_rowid_", "oid")


class Link(NamedTuple):
    """A foreign key: the table that a row hangs from, pairs of its own column and that table's, what then happens."""

    parent: str
    pairs: list[tuple[str, str]]
    on_delete: str


class Table(NamedTuple):
    """One ordinary table; but for `plain`, names are quoted for SQL. `key` is empty where none is declared."""

    number: int
    plain: str
    name: str
    handle: list[str]
    key: list[str]
    links: list[Link]

    def of(self, alias: str) -> str:
        """The handle of the row that a query calls `alias`."""
        return ", ".join(f"{alias}.{column}" for column in self.handle)

    @property
    def marks(self) -> str:
        """The columns of our own tables that hold this table's handles."""
        return ", ".join(f"migrator_{number}" for number in range(len(self.handle)))

    @property
    def gone(self) -> str:
        """Our own table of those of its rows that have to go."""
        return f"temp.migrator_gone_{self.number}"


Tables = dict[str, Table]  # by name in lower case


def tables(connection: sqlite3.Connection) -> Tables:
    """Every table whose rows can be told apart; SQLite's own and those that serve a virtual one are left out."""
    schema = connection.execute("SELECT name, sql FROM main.sqlite_master WHERE type = 'table'").fetchall()
    virtual = {name for name, sql in schema if "VIRTUAL" in (sql or "")[:20].upper()}
    found: Tables = {}
    for name, _ in schema:
        served, _, part = name.rpartition("_")
        if name.lower().startswith("sqlite_") or name in virtual or (served in virtual and part in SHADOWS):
            continue
        columns = connection.execute(f"PRAGMA main.table_xinfo({quoted(name)})").fetchall()
        key = [quoted(row[1]) for row in sorted(columns, key=lambda row: int(row[5])) if row[5]]
        taken = {row[1].lower() for row in columns}
        if handle := _rowid(connection, quoted(name), taken) or key:
            found[name.lower()] = Table(len(found), name, quoted(name), handle, key, [])
    for table in found.values():
        table.links.extend(_links(connection, table, found))
    return found


def _rowid(connection: sqlite3.Connection, table: str, taken: set[str]) -> list[str]:
    """A name for the table's rowid; none when it has no rowid, or its columns have taken all names."""
    for alias in [alias for alias in ALIASES if alias not in taken][:1]:
        with contextlib.suppress(sqlite3.OperationalError):  # WITHOUT ROWID
            connection.execute(f"SELECT {alias} FROM main.{table} LIMIT 0")
            return [alias]
    return []


def _links(connection: sqlite3.Connection, table: Table, found: Tables) -> Iterator[Link]:
    rows = sorted(connection.execute(f"PRAGMA main.foreign_key_list({table.name})"), key=lambda row: row[:2])
    for _, group in groupby(rows, key=lambda row: row[0]):
        columns = list(group)
        parent = found.get(columns[0][2].lower())
        if parent and (columns[0][4] or len(parent.key) == len(columns)):
            pairs = [(quoted(row[3]), quoted(row[4]) if row[4] else parent.key[row[1]]) for row in columns]
            yield Link(columns[0][2].lower(), pairs, columns[0][6])


def watch(connection: sqlite3.Connection, found: Tables) -> None:
    """From here on every row that is inserted, updated or deleted is noted, whatever trigger or rule does it.

    Temporary triggers belong to the connection: nobody else sees them, and nothing of them stays.
    """
    widest = max((table.marks for table in found.values()), key=len, default="none")
    connection.execute(f"CREATE TEMP TABLE migrator_noted (t, what, {widest})")
    for table in found.values():
        for what, side in (("insert", "NEW"), ("update", "OLD"), ("delete", "OLD")):
            connection.execute(
                f"CREATE TEMP TRIGGER migrator_{what}_{table.number} AFTER {what} ON main.{table.name} BEGIN "
                f"INSERT INTO migrator_noted (t, what, {table.marks}) "
                f"VALUES ({table.number}, '{what}', {table.of(side)}); END"
            )


def _inserted(table: Table) -> str:
    return f"SELECT {table.marks} FROM temp.migrator_noted WHERE t = {table.number} AND what = 'insert'"


def touched(table: Table) -> str:
    """The query for the handles of noted rows that were changed or removed; more conditions may follow."""
    return f"SELECT DISTINCT {table.marks} FROM temp.migrator_noted WHERE t = {table.number} AND what <> 'insert'"


def inserted(connection: sqlite3.Connection, found: Tables) -> Iterator[tuple[str, list[Any], str]]:
    """Table, key (or handle) and digest of each noted row that is new and still there."""
    for lower, table in found.items():
        key = table.key or table.handle
        names = ", ".join(f"m.{column}" for column in key)
        query = (
            f"SELECT {names}, m.* FROM main.{table.name} AS m WHERE ({table.of('m')}) IN ({_inserted(table)})"
        )
        for row in connection.execute(query):
            yield lower, list(row[: len(key)]), digest(row[len(key) :])


def changed(connection: sqlite3.Connection, found: Tables) -> Iterator[tuple[str, list[Any], list[str]]]:
    """Table, key and a digest of each column of every noted row that was there before and was changed."""
    for lower, table in found.items():
        query = (
            f"SELECT {', '.join(f'm.{column}' for column in table.key)}, m.* FROM main.{table.name} AS m "
            f"WHERE ({table.of('m')}) IN ({touched(table)}) AND ({table.of('m')}) NOT IN ({_inserted(table)})"
        )
        for row in connection.execute(query) if table.key else ():
            width = len(table.key)
            yield lower, list(row[:width]), [digest((value,)) for value in row[width:]]


def deleted(connection: sqlite3.Connection, found: Tables) -> list[str]:
    """The tables of which a noted row was deleted, or changed though nothing could tell it again."""
    wrong = "what = 'delete' OR (what = 'update' AND t IN ({}))"
    keyless = ", ".join(str(table.number) for table in found.values() if not table.key)
    noted = {
        row[0]
        for row in connection.execute(f"SELECT t FROM temp.migrator_noted WHERE {wrong.format(keyless)}")
    }
    return [table.plain for table in found.values() if table.number in noted]


def untouched(connection: sqlite3.Connection, found: Tables) -> list[str]:
    """The tables that are still watched, and of which no row was noted: what they hold is what they held."""
    watched = {
        row[0] for row in connection.execute("SELECT name FROM sqlite_temp_master WHERE type = 'trigger'")
    }
    noted = {row[0] for row in connection.execute("SELECT DISTINCT t FROM temp.migrator_noted")}
    return [
        table.plain
        for table in found.values()
        if table.number not in noted and f"migrator_insert_{table.number}" in watched
    ]


def entangled(connection: sqlite3.Connection, found: Tables, before: Contents, after: Contents) -> list[str]:
    """The tables where more was done than to add rows that can be found again.

    Numbers of rows are compared too, since INSERT OR REPLACE deletes without firing a trigger.
    """
    wrong: list[str] = []
    for table in found.values():
        blurred = " OR ".join(f"typeof(m.{column}) IN ('null', 'blob')" for column in table.key) or "0"
        new = f"FROM main.{table.name} AS m WHERE ({table.of('m')}) IN ({_inserted(table)})"
        count, unfit = connection.execute(f"SELECT count(*), total({blurred}) {new}").fetchone()
        old = connection.execute(
            f"{touched(table)} AND ({table.marks}) NOT IN ({_inserted(table)})"
        ).fetchone()
        if unfit or old or after[table.plain][0] - before[table.plain][0] != count:
            wrong.append(table.plain)
    return wrong


def digest(row: tuple[Any, ...]) -> str:
    """A digest of all values of one row, types and all."""
    return hashlib.sha256(repr(row).encode()).hexdigest()[:32]
