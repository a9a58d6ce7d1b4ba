"""Whether the rewrite's database is one that its daemon can work with: version 12, whole, and readable."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from sqlite_utils import Database

from harness.expectation import TargetUnreadableError
from harness.home import Home
from harness.sqlite_copy import damage
from harness.systems.ao.oracle import schema
from harness.systems.ao.oracle.database import PLACE, once_for_each_content, opened, place, row_key
from harness.systems.ao.oracle.javascript import NotJsonError, parse_json
from harness.systems.ao.oracle.probing import trial_problems
from harness.systems.ao.oracle.structure import structure_problems
from harness.systems.ao.oracle.target_state import version_problems
from harness.systems.ao.oracle.timestamps import read_as_daemon


@once_for_each_content
def target_problems(home: Home) -> list[str]:
    """Returns what is wrong with the home's database, a sentence each; nothing when there is none."""
    if place(home) is None:
        return []
    problems: list[str] = []
    try:
        with opened(home) as database:
            problems.extend(_integrity_problems(database))
            problems.extend(version_problems(database))
            shape = list(structure_problems(database))
            problems.extend(shape)
            problems.extend(_row_problems(database))
            if not shape:  # a table of another shape cannot be tried out
                problems.extend(trial_problems(database))
    except TargetUnreadableError as error:
        problems.append(str(error))
    return problems


@once_for_each_content
def target_damage(home: Home) -> list[str]:
    """Returns those of the problems that SQLite itself calls damage, as far as it can look."""
    found: list[str] = []
    if place(home) is not None:
        with suppress(TargetUnreadableError), opened(home) as database:
            found.extend(damage(database.conn, PLACE))
    return found


def _integrity_problems(database: Database) -> Iterator[str]:
    yield from damage(database.conn, PLACE)
    version, mode = (
        database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "journal_mode")
    )
    if version != 0:
        yield f"{PLACE}: user_version is {version}; version {schema.VERSION} leaves it at 0"
    if mode != "wal":
        yield f"{PLACE}: the journal mode is {mode}; the daemon leaves it at wal"
    for table, rowid, parent, _ in database.execute("PRAGMA foreign_key_check").fetchall():
        yield f"{table} {_key_of(database, table, rowid)}: refers to a row of {parent} that does not exist"


def _key_of(database: Database, table: str, rowid: int | None) -> str:
    known = schema.TABLES.get(table)
    if known is None or rowid is None:
        return f"#{rowid}"
    columns = ", ".join(known.key)
    query = f'SELECT {columns} FROM "{table}" WHERE rowid = ?'  # noqa: S608 - names from our own list
    return row_key(list(database.execute(query, [rowid]).fetchone()))


def _row_problems(database: Database) -> Iterator[str]:
    """Yields the rows that the daemon would stumble over."""
    for name, table in schema.TABLES.items():
        present = {row[1] for row in database.execute(f"PRAGMA table_info({name})")}
        columns = [column for column in table.timestamps if column in present]
        if columns and present.issuperset(table.key):
            yield from _poison(database, name, table.key, columns)
        if name == "change_log" and {"seq", "payload"} <= present:
            yield from _payload_problems(database)
        if name == "sessions" and {"id", "num"} <= present:
            query = "SELECT id, num FROM sessions WHERE typeof(num) <> 'integer'"
            for key, num in database.execute(query):
                yield f"sessions {key}: num is {num!r}, not an integer"
    yield from _sequence_problems(database)


def _poison(database: Database, name: str, key: tuple[str, ...], columns: list[str]) -> Iterator[str]:
    query = f"SELECT {', '.join([*key, *columns])} FROM {name}"  # noqa: S608 - names from our own list
    for row in database.execute(query):
        for column, value in zip(columns, row[len(key) :], strict=True):
            if value is not None and read_as_daemon(value) is None:
                yield f"{name} {row_key(list(row[: len(key)]))}: {column} is {value!r}, which the daemon cannot read"


def _payload_problems(database: Database) -> Iterator[str]:
    for seq, payload in database.execute("SELECT seq, payload FROM change_log"):
        try:
            parse_json(payload if isinstance(payload, str) else "")
        except NotJsonError as error:
            yield f"change_log {seq}: payload is not JSON: {error}"


def _sequence_problems(database: Database) -> Iterator[str]:
    """Yields where the counters of the two counted tables are missing, doubled, or behind their rows."""
    counted = {"change_log": "seq", schema.VERSION_TABLE: "id"}
    tables = set(database.table_names())
    if "sqlite_sequence" not in tables:
        yield "sqlite_sequence: the table is missing"
        return
    for name, column in counted.items():
        if name not in tables:
            continue
        (largest,) = database.execute(f"SELECT max({column}) FROM {name}").fetchone()  # noqa: S608
        counters = database.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", [name]).fetchall()
        if len(counters) > 1:
            yield f"sqlite_sequence {name}: {len(counters)} counters instead of one"
        elif largest is not None and not counters:
            yield f"sqlite_sequence {name}: no counter, although the table has rows"
        elif largest is not None and (not isinstance(counters[0][0], int) or counters[0][0] < largest):
            yield f"sqlite_sequence {name}: the counter is {counters[0][0]!r}, below the last row {largest}"
