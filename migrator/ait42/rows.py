"""Sessions in `sessions.db`: read back whole, compared, and the sinks that an intake can fill."""

import sqlite3
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from migrator.ait42 import schema
from migrator.ait42.hashes import Hashes
from migrator.ait42.intake import Fate, Sink
from migrator.ait42.moments import instant
from migrator.ait42.shape import Body, Issue, Shaped, named

CHUNK = 2 << 20  # bytes of source files whose rows are inserted at a time
NOBODY = -1  # the instance of a message that points to another session's


def _columns(names: list[str]) -> str:
    return ", ".join(names)


def _marks(count: int) -> str:
    return ", ".join("?" * count)


GET_SESSION = f"SELECT {_columns(schema.SESSION)} FROM {{}}.sessions WHERE id = ?"  # noqa: S608 - our own names
GET_INSTANCES = f"SELECT id, {_columns(schema.INSTANCE)} FROM {{}}.instances WHERE session_id = ? ORDER BY id"  # noqa: S608 - as above
GET_MESSAGES = "SELECT id, role, content, timestamp, instance_id_ref FROM {}.chat_messages WHERE session_id = ? ORDER BY rowid"
ADD_INSTANCE = f"INSERT INTO instances (id, session_id, {_columns(schema.INSTANCE)}) VALUES ({_marks(17)})"  # noqa: S608 - as above
ADD_MESSAGE = "INSERT INTO chat_messages (id, session_id, instance_id_ref, role, content, timestamp) VALUES (?, ?, ?, ?, ?, ?)"
ADD_SESSION = (
    f"INSERT INTO sessions ({_columns(schema.SESSION)}, instance_count, message_count) VALUES ({_marks(19)})"  # noqa: S608 - as above
)
ADD_ISSUE = (
    f"INSERT INTO migration_issues ({_columns(list(Issue._fields))}) VALUES ({_marks(7)}) "  # noqa: S608 - as above
    "ON CONFLICT (source, entity, entity_id, field, reason) "
    "DO UPDATE SET original = excluded.original, stored = excluded.stored"
)
SET_SESSION = f"UPDATE sessions SET ({_columns(schema.SESSION)}) = ({_marks(17)}) WHERE id = ?"  # noqa: S608 - as above
SET_INSTANCE = f"UPDATE instances SET ({_columns(schema.INSTANCE)}) = ({_marks(15)}) WHERE id = ?"  # noqa: S608 - as above


ALL_SESSIONS = (
    f"SELECT {_columns(schema.SESSION)}, instance_count, message_count FROM sessions ORDER BY rowid"  # noqa: S608 - as above
)
ALL_INSTANCES = f"SELECT id, session_id, {_columns(schema.INSTANCE)} FROM instances ORDER BY id"  # noqa: S608 - as above
ALL_MESSAGES = (
    "SELECT id, session_id, instance_id_ref, role, content, timestamp FROM chat_messages ORDER BY rowid"
)


class Stored(NamedTuple):
    """One session as the database holds it; instances with their row's id, by instanceId."""

    row: dict[str, Any]
    instances: dict[int, tuple[int, tuple[Any, ...]]]
    messages: dict[str, Body]


def load(db: sqlite3.Connection, sid: str, where: str = "main") -> Stored | None:
    """The session with all its parts, in the order of their rows; `where` names an attached database."""
    row = db.execute(GET_SESSION.format(where), (sid,)).fetchone()
    if row is None:
        return None
    instances = {found[1]: (found[0], found[1:]) for found in db.execute(GET_INSTANCES.format(where), (sid,))}
    number = {surrogate: key for key, (surrogate, _) in instances.items()} | {None: None}
    messages = {
        mid: (role, content, timestamp, number.get(ref, NOBODY))
        for mid, role, content, timestamp, ref in db.execute(GET_MESSAGES.format(where), (sid,))
    }
    return Stored(dict(zip(schema.SESSION, row, strict=True)), instances, messages)


def numbers(db: sqlite3.Connection, sid: str) -> set[int]:
    """The numbers of the instances that a session has."""
    return {row[0] for row in db.execute("SELECT instance_id FROM instances WHERE session_id = ?", (sid,))}


class Held:
    """The ids that messages have in the database."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __contains__(self, name: object) -> bool:
        return self._db.execute("SELECT 1 FROM chat_messages WHERE id = ?", (name,)).fetchone() is not None


def unequal(one: Shaped, stored: Stored, *leave: str) -> Iterator[str]:
    """The columns and instances that are not as the source has them."""
    for column, value in one.row.items():
        if stored.row[column] != value and column not in leave:
            yield column
    for key, values in one.instances.items():
        if key not in stored.instances or stored.instances[key][1] != values:
            yield f"instance {key}"


class Try(Sink):
    """Takes sessions as an empty database would, and forgets them."""

    def __init__(self) -> None:
        self._taken = Hashes()

    def restart(self) -> None:
        """Nothing was taken."""
        self._taken.clear()

    def put(self, one: Shaped) -> Fate:
        """The session is migrated, and its messages' ids are taken."""
        return "migrated", self._named(one)[1], None

    def _named(self, one: Shaped) -> tuple[list[tuple[str, Body]], list[Issue]]:
        added, issues = named(one, {}, self._taken)
        for name, _ in added:
            self._taken.add(name)
        return added, issues


class Build(Try):
    """Fills a new database in one transaction: rows first, what helps to find them last.

    `made` are a digest for each session, of all its rows.
    """

    def __init__(self, db: sqlite3.Connection, now: datetime) -> None:
        super().__init__()
        self._db, self._now = db, now
        self._rows: tuple[list[Any], ...] = ([], [], [], [])
        self.made: list[int] = []
        self._begin()

    def _begin(self) -> None:
        self._db.execute("BEGIN")
        schema.advance(self._db, 0, self._now, upto=1, recount=False)
        self._size = self._number = 0
        self.made.clear()
        for rows in self._rows:
            rows.clear()

    def restart(self) -> None:
        """The database is empty again."""
        super().restart()
        self._db.execute("ROLLBACK")
        self._begin()

    def put(self, one: Shaped) -> Fate:
        """Its rows are in, or will be when the chunk is full."""
        sessions, instances, messages, log = self._rows
        added, issues = self._named(one)
        refs: dict[int | None, int] = {}
        own: list[Any] = []
        for key, values in one.instances.items():
            self._number += 1
            refs[key] = self._number
            own.append((self._number, one.id, *values))
        said: list[Any] = [
            (name, one.id, refs.get(ref), role, content, timestamp)
            for name, (role, content, timestamp, ref) in added
        ]
        row = (*one.row.values(), len(own), len(said))
        self.made.append(_digest(row, own, said))
        sessions.append(row)
        instances += own
        messages += said
        log += issues
        return "migrated", issues, None

    def after(self, size: int) -> None:
        """At most about a chunk waits."""
        self._size += size
        if self._size >= CHUNK:
            self._flush()

    def _flush(self) -> None:
        for statement, rows in zip(
            (ADD_SESSION, ADD_INSTANCE, ADD_MESSAGE, ADD_ISSUE), self._rows, strict=True
        ):
            self._db.executemany(statement, rows)
            rows.clear()
        self._size = 0

    def finish(self) -> None:
        """Everything is in and committed."""
        self._flush()
        schema.advance(self._db, 1, self._now, recount=False)
        self._db.execute("COMMIT")


def _digest(row: tuple[Any, ...], instances: list[Any], messages: list[Any]) -> int:
    """64 bits, good in this process alone; values are NULL, texts and whole numbers, which all count by their kind."""
    return hash((row, *instances, None, *messages))


def made(db: sqlite3.Connection) -> Iterator[tuple[str, int]]:
    """Id and digest of every session of a database that `Build` has filled, in order; read back row by row.

    An instance or message that is not in its session's place makes a digest wrong; those at the end come last,
    under no id.
    """
    instances, messages = (_grouped(db.execute(query)) for query in (ALL_INSTANCES, ALL_MESSAGES))
    for row in db.execute(ALL_SESSIONS):
        yield row[0], _digest(row, instances(row[0]), messages(row[0]))
    if rest := [*instances(None), *messages(None)]:
        yield "", _digest((), rest, [])


def _grouped(cursor: sqlite3.Cursor) -> Callable[[str | None], list[Any]]:
    """Gives the next rows as long as they belong to the session; to any, if it is None."""
    waiting: list[Any] = []

    def taken(sid: str | None) -> list[Any]:
        found: list[Any] = []
        for row in chain(waiting, cursor):
            if row[1] != sid and sid is not None:
                waiting[:] = [row]
                return found
            found.append(row)
        waiting.clear()
        return found

    return taken


class Update(Sink):
    """Brings a database that is in use up to the source, within the caller's transaction, but for sessions in `leave`."""

    def __init__(self, db: sqlite3.Connection, leave: Collection[str] = ()) -> None:
        self._db, self._leave, self.changed = db, leave, False
        self.loose: list[str] = []  # sessions that stay as they are, although the source differs
        self._held = Held(db)
        db.execute("SAVEPOINT intake")

    def restart(self) -> None:
        """The database is as it was before the first session."""
        self._db.execute("ROLLBACK TO intake")
        self.changed = False
        self.loose.clear()

    def instances(self, sid: str) -> Collection[int]:
        """The numbers of the instances that the session has in the database."""
        return numbers(self._db, sid)

    def put(self, one: Shaped) -> Fate:
        """The session is inserted, or updated if the source is not older and differs."""
        stored = load(self._db, one.id)
        if stored is not None and one.id in self._leave:
            return "present", [], None
        if stored is None:
            self._db.execute(ADD_SESSION, (*one.row.values(), 0, 0))  # triggers count
            return "migrated", self._parts(one, Stored(one.row, {}, {})), None
        one = known(one, stored)
        added, _ = named(one, stored.messages, self._held)
        if not added and not any(unequal(one, stored, "created_at")):
            return "present", [], None
        if instant(one.row["updated_at"]) < instant(stored.row["updated_at"]):
            self.loose.append(one.id)
            return "present", [], "kept-newer"
        row = one.row | {"created_at": stored.row["created_at"]}
        if row != stored.row:
            self._db.execute(SET_SESSION, (*row.values(), one.id))
        return "present", self._parts(one, stored), "updated"

    def _parts(self, one: Shaped, stored: Stored) -> list[Issue]:
        """Instances, messages and issues are as the source has them; what only the database has stays."""
        self.changed = True
        refs: dict[int | None, int | None] = {key: row for key, (row, _) in stored.instances.items()}
        for key, values in one.instances.items():
            if key not in refs:
                refs[key] = self._db.execute(ADD_INSTANCE, (None, one.id, *values)).lastrowid
            elif stored.instances[key][1] != values:
                self._db.execute(SET_INSTANCE, (*values, refs[key]))
        added, issues = named(one, stored.messages, self._held)
        for name, (role, content, timestamp, ref) in added:
            self._db.execute(ADD_MESSAGE, (name, one.id, refs.get(ref), role, content, timestamp))
        self._db.executemany(ADD_ISSUE, issues)
        return issues


def known(one: Shaped, stored: Stored) -> Shaped:
    """A workspace that is unknown now never replaces a known one."""
    there = stored.row["workspace_path"]
    if not one.row["workspace_path"].startswith("unknown:") or there.startswith("unknown:"):
        return one
    issues = [issue for issue in one.issues if issue.reason != "workspace-unknown"]
    return one._replace(row=one.row | {"workspace_path": there}, issues=issues)
