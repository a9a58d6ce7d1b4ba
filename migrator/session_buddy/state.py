"""In which state a database is: whether it is the third version, whole, and how much of the fourth is there.

Decided by what is there, never by when it is said to have been applied: rows of one second have no order.
"""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from migrator.outcome import Refusal
from migrator.session_buddy import ddl, shape

RESTORE = "Restore it from a backup."
STRAYS = "foreign-key-violations"


class State(NamedTuple):
    """What is there of the fourth version.

    `recorded`: None without a row of bookkeeping, else whether the row says success. `found`: for each name of the
    fourth version what `shape` says of it. `notes`: reasons with details.
    """

    recorded: bool | None
    found: dict[str, str]
    notes: list[tuple[str, str]]

    @property
    def complete(self) -> bool:
        """Whether the fourth version is recorded and whole."""
        return self.recorded is True and set(self.found.values()) == {shape.EQUAL}

    @property
    def resumed(self) -> bool:
        """Whether somebody began the fourth version and did not end it."""
        return not self.recorded and (self.recorded is False or set(self.found.values()) != {shape.MISSING})

    def not_equal(self) -> list[str]:
        """What has to be made, or made anew: objects, and the indexes of tables of old keys."""
        old = self.names(shape.OLD_KEYS)
        return [
            name
            for name, found in self.found.items()
            if found != shape.EQUAL or (name in ddl.INDEXES and ddl.INDEXES[name].partition("(")[0] in old)
        ]

    def names(self, what: str) -> list[str]:
        """The objects of which `shape` says this."""
        return [name for name, found in self.found.items() if found == what]


def examine(db: sqlite3.Connection, path: str, *, repair: bool) -> State:
    """The state of the database in `db`. Raises Refusal when the fourth version cannot be made of it."""
    recorded, notes = _versions(db, path)
    found = shape.examined(db)
    if other := [name for name, what in found.items() if what == shape.OTHER]:
        if recorded:
            message = f"{path} is recorded as version 4, but {_listed(other)} is not what that version has. {RESTORE}"
            raise Refusal("V4_INCOMPLETE", message)
        message = f"{path} has something else under a name that version 4 needs: {_listed(other)}. Rename it."
        raise Refusal("NAME_TAKEN", message)
    state = State(recorded, found, notes)
    if (old := state.names(shape.OLD_KEYS)) and not repair:
        message = (
            f"In {path} {_listed(old)} refers to skill_invocation, so nothing can be inserted. Use --repair."
        )
        raise Refusal("OLD_FOREIGN_KEYS", message)
    if recorded and (missing := state.names(shape.MISSING)) and not repair:
        message = f"{path} is recorded as version 4, but lacks {_listed(missing)}. Use --repair, or restore a backup."
        raise Refusal("V4_INCOMPLETE", message)
    lost = 0 if old else strays(db)
    if lost:
        notes.append((STRAYS, f"{lost} rows point to nothing"))
    if state.resumed:
        there = len(found) - len(state.names(shape.MISSING))
        notes.append(("resumed", f"{there} of {len(found)} objects of version 4 were there"))
    return state


def strays(db: sqlite3.Connection) -> int:
    """How many rows point to nothing."""
    return len(db.execute("PRAGMA foreign_key_check").fetchall())


def _versions(db: sqlite3.Connection, path: str) -> tuple[bool | None, list[tuple[str, str]]]:
    """Whether version 4 is recorded, and notes; the third version is known to be whole. Raises Refusal."""
    there = {(row[0], row[1].lower()) for row in db.execute("SELECT type, name FROM sqlite_master")}
    if not there >= {("table", "skill_invocation"), ("table", "skill_migrations")}:
        raise Refusal(
            "NOT_SKILLS_DATABASE", f"{path} is no skills database: it has no skill_invocation table."
        )
    missing = _missing(db, there)
    if "skill_migrations" in {name.partition(".")[0] for name in missing}:
        raise Refusal("V3_MISSING", f"{path} lacks {_listed(missing)} of version 3. {RESTORE}")
    rows = db.execute(
        "SELECT version, typeof(success) = 'integer' AND success = 1 FROM skill_migrations"
    ).fetchall()
    if unknown := [version for version, _ in rows if version not in (*ddl.EARLIER, ddl.VERSION)]:
        message = f"{path} records versions that this migrator does not know: {_listed(map(repr, unknown))}."
        raise Refusal("UNKNOWN_VERSION", f"{message} Nothing is done above version 4.")
    applied = {version for version, success in rows if success}
    missing += [f"the record of {version}" for version in ddl.EARLIER[1:] if version not in applied]
    if missing:
        message = f"{path} is not at version 3: it lacks {_listed(missing)}."
        raise Refusal(
            "V3_MISSING", f"{message} Upgrade it with the tool itself, or restore it from a backup."
        )
    notes = []
    if ddl.EARLIER[0] not in applied:
        notes.append(("v1-row-missing", "the sqlite3 tool leaves no record of version 1; it is not needed"))
    return (ddl.VERSION in applied) if ddl.VERSION in dict(rows) else None, notes


def _missing(db: sqlite3.Connection, there: set[tuple[str, str]]) -> list[str]:
    """What the third version has and this database does not."""
    missing = [
        f"{kind} {name}"
        for kind, names in ddl.BEFORE.items()
        for name in names.split()
        if (kind, name) not in there
    ]
    for table, names in ddl.COLUMNS.items():
        if ("table", table) in there:
            columns = {row[1].lower() for row in db.execute(f"PRAGMA main.table_info({table})")}
            missing += [f"{table}.{name}" for name in names.split() if name not in columns]
    return missing


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    return ", ".join(listed[:5]) + more
