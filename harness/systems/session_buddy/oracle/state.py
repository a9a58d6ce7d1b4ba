"""What a home's database is, and the codes that refuse its migration: the state table of the facts."""

from __future__ import annotations

import posixpath
import sqlite3
from dataclasses import dataclass, field

from harness.expectation import TargetUnreadableError
from harness.home import Home
from harness.records import Tables
from harness.systems.session_buddy.oracle import schema
from harness.systems.session_buddy.oracle.backfills import Invocation
from harness.systems.session_buddy.oracle.database import (
    file_of,
    leaves_home,
    objects,
    opened,
    places,
    tables_of,
)

_MAGIC = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class State:
    """A home's database before a migration.

    Attributes:
        path: where it lies in the home; empty where there is none.
        refusals: the codes of which one must be given; empty when it can be migrated.
        recorded: version 4 is recorded as done.
        tables: all that it says, as far as it can be read.
        invocations: its invocations, in the order of their ids.
        violations: rows refer to others that do not exist.
        counted: the tables of version 4 that have given out a number before.
    """

    path: str = ""
    refusals: frozenset[str] = frozenset()
    recorded: bool = False
    tables: Tables = field(default_factory=dict)
    invocations: tuple[Invocation, ...] = ()
    violations: bool = False
    counted: frozenset[str] = frozenset()


def state_of(home: Home) -> State:
    """Returns the state of the home's database, missing and broken ones included."""
    there, path = places(home), file_of(home)
    if path is None:
        return State(refusals=frozenset({"DB_MISSING", *(["PATH_ESCAPES"] if leaves_home(home) else [])}))
    refusals = {"DB_AMBIGUOUS"} if len(there) > 1 else set()
    refusals |= _no_access(home, path)
    if _no_database(home, path):
        return State(path, frozenset({*refusals, "NOT_A_DATABASE"}))
    if not home.entries[path].mode & 0o400:
        return State(path, frozenset(refusals))
    try:
        with opened(home, path) as connection:
            return _read(connection, path, refusals)
    except TargetUnreadableError:
        return State(path, frozenset({*refusals, "DB_INVALID"}))


def _no_database(home: Home, path: str) -> bool:
    """Tells whether something other than an SQLite database lies there; an empty file is one."""
    entry = home.entries[path]
    if entry.kind != "file" or not entry.mode & 0o400:
        return entry.kind != "file"
    head = home.content(path)[:100]
    return bool(head) and (len(head) < 100 or not head.startswith(_MAGIC))


def _no_access(home: Home, path: str) -> set[str]:
    """Returns the code for a database that its owner cannot write, or cannot write files beside."""
    folder = home.get(posixpath.dirname(path) or ".")
    beside = [home.get(path + suffix) for suffix in ("", "-wal", "-shm")]
    closed = any(entry and entry.kind == "file" and entry.mode & 0o600 != 0o600 for entry in beside)
    return {"NO_ACCESS"} if closed or (folder is not None and folder.mode & 0o300 != 0o300) else set()


def _read(connection: sqlite3.Connection, path: str, refusals: set[str]) -> State:
    if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
        refusals = refusals | {"DB_INVALID"}
    names = {(kind, name.lower()) for kind, name, _, _ in objects(connection)}
    tables = tables_of(connection)
    recorded = _success(tables, schema.V4)
    if not {("table", "skill_invocation"), ("table", "skill_migrations")} <= names:
        refusals = refusals | {"NOT_SKILLS_DATABASE"}
    else:
        refusals = refusals | _versions(tables) | _old(connection, names)
        refusals |= _new(tables, {name: kind for kind, name in names}, recorded=recorded)
    if refusals:
        return State(path, frozenset(refusals), recorded, tables)
    counted = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_sequence")}
    return State(
        path,
        recorded=recorded,
        tables=tables,
        invocations=tuple(invocations(connection)),
        violations=connection.execute("PRAGMA foreign_key_check").fetchone() is not None,
        counted=frozenset(counted),
    )


def invocations(connection: sqlite3.Connection) -> list[Invocation]:
    """Returns the invocations of an open database, in the order of their ids."""
    rows = connection.execute(
        "SELECT id, skill_name, invoked_at, session_id, completed, duration_seconds, workflow_phase "
        "FROM skill_invocation ORDER BY id"
    )
    return [Invocation(*row) for row in rows]


def _success(tables: Tables, version: str) -> bool:
    rows = [row for row in tables.get("skill_migrations", {}).values() if row.get("version") == version]
    return bool(rows) and all(type(row.get("success")) is int and row.get("success") == 1 for row in rows)


def _versions(tables: Tables) -> set[str]:
    """Returns the codes for what is recorded: unknown versions, or 2 and 3 not among those that succeeded."""
    said = {row.get("version") for row in tables["skill_migrations"].values()}
    codes = {"UNKNOWN_VERSION"} if said - schema.VERSIONS else set()
    missing = not (_success(tables, schema.V2) and _success(tables, schema.V3))
    return codes | ({"V3_MISSING"} if missing else set())


def _old(connection: sqlite3.Connection, names: set[tuple[str, str]]) -> set[str]:
    """Returns the code for a missing object or column of versions 1 to 3."""
    wanted = {(kind, name) for kind, those in schema.OLD_OBJECTS.items() for name in those}
    if not wanted <= names:
        return {"V3_MISSING"}
    for table, columns in schema.OLD_COLUMNS.items():
        found = {str(row[1]).lower() for row in connection.execute(f"PRAGMA table_info({table})")}
        if not set(columns.split()) <= found:
            return {"V3_MISSING"}
    return set()


def _new(tables: Tables, kinds: dict[str, str], *, recorded: bool) -> set[str]:
    """Returns the codes for what stands where the objects of version 4 belong."""
    codes = set()
    for name, shape in schema.OBJECTS.items():
        if name not in kinds:
            codes |= {"V4_INCOMPLETE"} if recorded else set()
            continue
        found = tables["sqlite_master"][f"{kinds[name]} {name}"]
        if found == shape:
            continue
        codes.add("V4_INCOMPLETE" if recorded else "NAME_TAKEN")
        if any("refers to skill_invocation" in text for text in found.get("references", ())):
            codes.add("OLD_FOREIGN_KEYS")
    return codes
