"""What a home's database is, and the codes that refuse its migration: the state table of the facts."""

from __future__ import annotations

import posixpath
import re
import sqlite3
from dataclasses import dataclass, field

from harness.expectation import TargetUnreadableError
from harness.home import Home
from harness.records import Record, Tables
from harness.systems.session_buddy.oracle import schema
from harness.systems.session_buddy.oracle.asked import Asked
from harness.systems.session_buddy.oracle.backfills import Invocation
from harness.systems.session_buddy.oracle.database import (
    file_of,
    leaves_home,
    objects,
    opened,
    places,
    tables_of,
)
from harness.systems.session_buddy.oracle.trial import can_record

_MAGIC = b"SQLite format 3\0"
_OLD_KEY = re.compile(r"refers to skill_invocation.*")


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
        mended: a repair has something to do: objects of a recorded version 4 are missing, or foreign keys are old.
    """

    path: str = ""
    refusals: frozenset[str] = frozenset()
    recorded: bool = False
    tables: Tables = field(default_factory=dict)
    invocations: tuple[Invocation, ...] = ()
    violations: bool = False
    counted: frozenset[str] = frozenset()
    mended: bool = False


def state_of(home: Home, asked: Asked | None = None) -> State:
    """Returns the state of the home's database, missing and broken ones included, for a migration that is `asked` so."""
    asked = asked or Asked()
    there, path = places(home, named=asked.named), file_of(home, named=asked.named)
    if path is None:
        return State(
            refusals=frozenset(
                {"DB_MISSING", *(["PATH_ESCAPES"] if leaves_home(home) and not asked.named else [])}
            )
        )
    refusals = {"DB_AMBIGUOUS"} if len(there) > 1 else set()
    refusals |= _no_access(home, path)
    if home.entries[path].kind == "file" and home.has_second_name(path):
        refusals.add("DB_INVALID")  # a rollback could give back one name only
    if _no_database(home, path):
        return State(path, frozenset({*refusals, "NOT_A_DATABASE"}))
    if not home.entries[path].mode & 0o400:
        return State(path, frozenset(refusals))
    try:
        with opened(home, path) as connection:
            return _read(connection, path, refusals, asked)
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


def _read(connection: sqlite3.Connection, path: str, refusals: set[str], asked: Asked) -> State:
    if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
        refusals = refusals | {"DB_INVALID"}
    names = {(kind, name.lower()) for kind, name, _, _ in objects(connection)}
    tables = tables_of(connection)
    recorded = _success(tables, schema.V4)
    if not {("table", "skill_invocation"), ("table", "skill_migrations")} <= names:
        refusals = refusals | {"NOT_SKILLS_DATABASE"}
    else:
        refusals = refusals | _versions(tables) | _old(connection, names)
        other, mended = _new(tables, {name: kind for kind, name in names}, recorded=recorded)
        refusals |= other if asked.repair and not other else other | mended
        if not refusals and schema.V4 not in {row["version"] for row in tables["skill_migrations"].values()}:
            refusals |= set() if can_record(connection) else {"DB_INVALID"}
    if refusals:
        return State(path, frozenset(refusals), recorded, tables)
    counted = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_sequence")}
    return State(
        path,
        recorded=recorded,
        tables=tables,
        invocations=tuple(invocations(connection)),
        violations="OLD_FOREIGN_KEYS" not in mended
        and connection.execute("PRAGMA foreign_key_check").fetchone() is not None,
        counted=frozenset(counted),
        mended=bool(mended),
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


def _new(tables: Tables, kinds: dict[str, str], *, recorded: bool) -> tuple[set[str], set[str]]:
    """Returns the codes for what stands where the objects of version 4 belong: beyond repair, and within."""
    beyond, within = set[str](), set[str]()
    for name, shape in schema.OBJECTS.items():
        if name not in kinds:
            within |= {"V4_INCOMPLETE"} if recorded else set()
            continue
        found = tables["sqlite_master"][f"{kinds[name]} {name}"]
        if found == shape:
            continue
        old = any(_OLD_KEY.search(text) for text in found.get("references", ()))
        codes = {"V4_INCOMPLETE" if recorded else "NAME_TAKEN"} | ({"OLD_FOREIGN_KEYS"} if old else set())
        if old and {**found, "references": shape["references"]} == shape and _led_back(found, shape):
            within |= codes
        else:
            beyond |= codes
    return beyond, within


def _led_back(found: Record, shape: Record) -> bool:
    """Tells whether a table's foreign keys are the right ones, but for those to the invocations."""
    keys = [_OLD_KEY.sub("refers to skill_metrics", text) for text in found["references"]]
    return bool(sorted(keys) == shape["references"])
