"""`ao.db`, schema 12: looked at through a private copy, changed in one transaction.

Tables, triggers and the version table are those of `backend/internal/storage/sqlite/migrations/0001`-`0012`.
"""

import contextlib
import errno
import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from migrator import database, files
from migrator.ao.places import Places
from migrator.ao.plan import Picture
from migrator.journal import Row
from migrator.outcome import Refusal

VERSION = 12
COLUMNS = {
    "projects": "id path repo_origin_url display_name registered_at archived_at config kind",
    "sessions": "id project_id num issue_id kind harness activity_state activity_last_at is_terminated branch "
    "workspace_path runtime_handle_id agent_session_id prompt created_at updated_at display_name first_signal_at",
    "change_log": "seq project_id session_id event_type payload created_at",
}
TRIGGER = "sessions_cdc_insert"


def usable() -> None:
    """SQLite can do what the target's triggers need. Raises Refusal."""
    try:
        with contextlib.closing(sqlite3.connect(":memory:")) as memory:
            memory.execute("SELECT json_object('a', json('true')), json_valid('{}')").fetchone()
    except sqlite3.Error as error:
        raise Refusal("SQLITE_UNAVAILABLE", f"This Python's SQLite lacks JSON functions: {error}.") from error


def guard(places: Places) -> None:
    """No daemon runs and nobody has the database open, as far as can be told from outside. Raises Refusal."""
    if pid := _daemon(places.run_file):
        raise Refusal(
            "DAEMON_RUNNING", f"The daemon runs (process {pid}, {places.run_file}). Stop it and run again."
        )
    try:
        who = database.holder(places.database)
    except OSError:
        return  # missing or no file: told where it matters
    if who:
        raise Refusal("DB_LOCKED", f"{places.database} is in use by {who}. Stop it and run again.")


def _daemon(run_file: str) -> int | None:
    """The pid in the run file, when such a process lives; a file left by a dead one is stale."""
    try:
        value = json.loads(files.read(run_file, 1 << 16)[0])
        pid = value.get("pid") if isinstance(value, dict) else None
        if not isinstance(pid, int) or isinstance(pid, bool) or pid <= 0:
            return None
        os.kill(pid, 0)
    except PermissionError as error:
        return None if error.filename else pid
    except (OSError, ValueError, OverflowError, RecursionError):
        return None
    return pid


def there(places: Places) -> None:
    """The database is a file in a sensible place. Raises Refusal."""
    if files.inside(places.data, places.root):
        raise Refusal(
            "DATA_DIR_SUSPECT",
            f"The data folder {places.data} lies inside the legacy {places.root}; an agent of the legacy tool sets "
            "AO_DATA_DIR so. Unset it, or name the new system's folder with --data-dir.",
        )
    if not os.path.lexists(places.database):
        raise Refusal(
            "DB_MISSING", f"{places.database} does not exist. Start the new daemon once, stop it, run again."
        )
    if os.path.islink(places.database) or not os.path.isfile(places.database):
        raise Refusal(
            "DB_INVALID", f"{places.database} is not a regular file. Name its real folder with --data-dir."
        )
    if not os.access(places.database, os.R_OK | os.W_OK) or not os.access(
        os.path.dirname(places.database), os.W_OK
    ):
        raise Refusal("DB_INVALID", f"{places.database} or its folder is not writable for this user.")


@contextlib.contextmanager
def copied(places: Places) -> Iterator[sqlite3.Connection]:
    """A connection on a private copy. Raises Refusal for what keeps the database from being read."""
    try:
        with database.private_copy(places.database, [places.home, places.data]) as connection:
            yield connection
    except database.InUseError as who:
        raise Refusal("DB_LOCKED", f"{places.database} is in use by {who}. Stop it and run again.") from who
    except FileNotFoundError as error:
        raise Refusal("DB_MISSING", f"{places.database} is gone. Restore it from a backup.") from error
    except OSError as error:
        code = "NO_SPACE" if error.errno == errno.ENOSPC else "DB_INVALID"
        raise Refusal(code, f"{places.database} cannot be copied to look at it: {error}.") from error
    except sqlite3.DatabaseError as error:
        raise Refusal(
            "DB_INVALID", f"{places.database} cannot be read: {error}. Restore it from a backup."
        ) from error


def check(connection: sqlite3.Connection) -> None:
    """The database is sound and of schema 12. Raises Refusal."""
    problems = [row[0] for row in connection.execute("PRAGMA quick_check(1)") if row[0] != "ok"]
    if problems:
        raise Refusal("DB_INVALID", f"The database is damaged: {problems[0]}. Restore it from a backup.")
    _version(connection)
    for table, columns in COLUMNS.items():
        has = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        if lacking := [column for column in columns.split() if column not in has]:
            raise Refusal("DB_INVALID", f"Schema 12 is recorded, but {table} lacks {', '.join(lacking)}.")
    named = connection.execute("SELECT 1 FROM sqlite_master WHERE type='trigger' AND name=?", (TRIGGER,))
    if not named.fetchone():
        raise Refusal("DB_INVALID", f"Schema 12 is recorded, but the trigger {TRIGGER} is missing.")
    if problems := database.sound(connection):
        raise Refusal("DB_INVALID", f"The database is damaged: {problems[0]}. Restore it from a backup.")


def _version(connection: sqlite3.Connection) -> None:
    """Every step from 1 to 12 is applied and none beyond; goose keeps a row for each step up or down."""
    try:
        rows = connection.execute(
            "SELECT version_id, is_applied FROM goose_db_version ORDER BY id"
        ).fetchall()
    except sqlite3.OperationalError:
        rows = []
    applied = {version for version, done in dict(rows).items() if done and version}
    found = max(applied, default=0)
    if applied == set(range(1, VERSION + 1)):
        return
    if found == VERSION:
        gap = min(set(range(1, VERSION)) - applied)
        raise Refusal(
            "SCHEMA_MISMATCH", f"The database says schema {VERSION}, but step {gap} was never applied."
        )
    side = "newer" if found > VERSION else "older"
    raise Refusal(
        "SCHEMA_MISMATCH", f"The database has schema {found}, {side} than the {VERSION} that this needs."
    )


def picture(connection: sqlite3.Connection) -> Picture:
    """The ids, paths and numbers that are taken."""
    found = Picture(projects=dict(connection.execute("SELECT id, path FROM projects").fetchall()))
    for sid, project, num in connection.execute("SELECT id, project_id, num FROM sessions"):
        found.sessions[sid] = project
        found.numbers.setdefault(project, {})[num] = sid
    return found


@dataclass(frozen=True, slots=True)
class Transaction:
    """The open exclusive transaction on the live database."""

    connection: sqlite3.Connection

    def insert(self, rows: list[Row]) -> None:
        """All rows are in, projects before sessions; an existing row makes it fail. Raises sqlite3.Error."""
        for table, _, values in rows:
            names, marks = ", ".join(values), ", ".join("?" * len(values))
            self.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608 - our own names

    def contents(self) -> database.Contents:
        """What the database holds, rows of this transaction included."""
        return database.contents(self.connection)

    def commit(self) -> None:
        """The rows are on disk."""
        self.connection.execute("COMMIT")


def _unchanged(connection: sqlite3.Connection, expected: database.Contents) -> None:
    if database.contents(connection) != expected:
        raise database.InUseError("a program that wrote to it just now")


@contextlib.contextmanager
def alone(places: Places, expected: database.Contents) -> Iterator[Transaction]:
    """A transaction on the database, which still holds what it held when the plan was made. Raises Refusal."""
    try:
        with database.alone(places.database) as connection:
            _unchanged(connection, expected)
            yield Transaction(connection)
    except database.InUseError as who:
        raise Refusal("DB_LOCKED", f"{places.database} is in use by {who}. Stop it and run again.") from who


def differences(connection: sqlite3.Connection, rows: Iterator[Row]) -> Iterator[tuple[str, str]]:
    """For each row that is missing or unequal its name and what is wrong; then what SQLite's own checks say."""
    for table, key, values in rows:
        query = f"SELECT {', '.join(values)} FROM {table} WHERE {key} = ?"  # noqa: S608 - our own names
        found = connection.execute(query, (values[key],)).fetchone()
        if found is None:
            yield f"{table} {values[key]}", "missing"
            continue
        for name, value in zip(values, found, strict=True):
            if value != values[name]:
                yield f"{table} {values[key]}", f"{name} is {value!r}, planned was {values[name]!r}"
    for problem in database.sound(connection):
        yield "database", problem
