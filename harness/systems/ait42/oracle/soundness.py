"""Whether the database is one that the editor can work with: its schema whole, its counts true, its search complete."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress

from harness.expectation import TargetUnreadableError
from harness.home import Home
from harness.sqlite_copy import damage
from harness.systems.ait42.oracle.database import PLACE, once_for_each_content, opened, place
from harness.systems.ait42.oracle.probing import trial_problems
from harness.systems.ait42.oracle.structure import structure_problems

_COUNTS = {"instance_count": "instances", "message_count": "chat_messages"}


@once_for_each_content
def target_problems(home: Home) -> list[str]:
    """Returns what is wrong with the home's database, a sentence each; nothing when there is none."""
    if place(home) is None:
        return []
    problems: list[str] = []
    try:
        with opened(home) as connection:
            problems.extend(_integrity_problems(connection))
            shape = list(structure_problems(connection))
            problems.extend(shape)
            if not shape:  # of another shape, neither can be asked
                problems.extend(_count_problems(connection))
                problems.extend(_search_problems(connection))
                problems.extend(trial_problems(connection))
    except TargetUnreadableError as error:
        problems.append(str(error))
    return problems


@once_for_each_content
def target_damage(home: Home) -> list[str]:
    """Returns those of the problems that SQLite itself calls damage, as far as it can look."""
    found: list[str] = []
    if place(home) is not None:
        with suppress(TargetUnreadableError), opened(home) as connection:
            found.extend(damage(connection, PLACE))
            if not any(structure_problems(connection)):
                found.extend(_search_damage(connection))
    return found


def _search_damage(connection: sqlite3.Connection) -> Iterator[str]:
    try:
        connection.execute("INSERT INTO sessions_fts (sessions_fts) VALUES ('integrity-check')")
    except sqlite3.DatabaseError as error:
        yield f"sessions_fts: integrity check: {error}"


def _integrity_problems(connection: sqlite3.Connection) -> Iterator[str]:
    yield from damage(connection, PLACE)
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode != "wal":
        yield f"{PLACE}: the journal mode is {mode}, not wal"
    for table, rowid, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchall():
        yield f"{table} #{rowid}: refers to a row of {parent} that does not exist"


def _count_problems(connection: sqlite3.Connection) -> Iterator[str]:
    for column, table in _COUNTS.items():
        query = (
            f"SELECT id, {column}, (SELECT count(*) FROM {table} WHERE session_id = sessions.id) AS found "  # noqa: S608
            f"FROM sessions WHERE {column} IS NOT found"
        )
        for name, said, found in connection.execute(query):
            yield f"sessions {name}: {column} is {said}, and there are {found}"


def _search_problems(connection: sqlite3.Connection) -> Iterator[str]:
    """Yields where the search index is not that of a search built anew from all tasks: a search must equal a scan."""
    yield from _search_damage(connection)
    connection.executescript("""
        CREATE VIRTUAL TABLE temp.scan USING fts5 (task);
        INSERT INTO temp.scan (rowid, task) SELECT rowid, task FROM main.sessions;
        CREATE VIRTUAL TABLE temp.scanned USING fts5vocab ('temp', 'scan', 'instance');
        CREATE VIRTUAL TABLE temp.searched USING fts5vocab ('main', 'sessions_fts', 'instance');
    """)
    scanned = set(connection.execute('SELECT term, doc, "offset" FROM temp.scanned'))
    searched = set(connection.execute('SELECT term, doc, "offset" FROM temp.searched'))
    for term, doc, _ in sorted(scanned - searched)[:5]:
        yield f"sessions_fts: {term!r} does not find {_name(connection, doc)}"
    for term, doc, _ in sorted(searched - scanned)[:5]:
        yield f"sessions_fts: {term!r} finds {_name(connection, doc)}, where it does not stand"


def _name(connection: sqlite3.Connection, rowid: int) -> str:
    row = connection.execute("SELECT id FROM sessions WHERE rowid = ?", [rowid]).fetchone()
    return f"session {row[0]}" if row else f"row {rowid}, which does not exist"
