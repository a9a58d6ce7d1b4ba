"""SQLite databases that belong to somebody else: seen without being touched, changed only when alone.

Opening a database in place disturbs it: a WAL database is checkpointed on close, and even a read-only
connection leaves a `-shm` behind. So it is read through a private copy, and whether someone has it open is
asked of the kernel (https://www.sqlite.org/src/file/src/os_unix.c and https://www.sqlite.org/walformat.html
give the lock bytes). A process must never open and close a database file while it has an SQLite connection on
it: POSIX locks would be dropped. Everything here closes one before it opens the other.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import sqlite3
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from migrator import files, scratch
from migrator.outcome import Refusal

LOCKS = (("", 0x40000000, 512), ("-shm", 120, 9))  # PENDING, RESERVED, SHARED; the eight WAL locks and DMS
QUERY = getattr(fcntl, "F_OFD_GETLK", fcntl.F_GETLK)  # OFD: also sees locks of this very process
SETTINGS = ("locking_mode=EXCLUSIVE", "synchronous=EXTRA", "temp_store=MEMORY")
SECOND_NAME = (
    "has another name too (a hard link). SQLite keeps a database's log under one name, and a rollback could give back "
    "one only. Remove the other name, or make it a copy."
)
JUST_NOW = "a program that wrote to it just now"
AT_ONCE = 64  # rows; more are slower, since they leave the processor's cache
STEPS = 1_000_000  # of SQLite's machine between two looks at the clock

Contents = dict[str, list[Any]]  # by table: number of rows, digest; as JSON gives it back
Row = tuple[str, str, dict[str, Any]]  # table, key column, values by column


def of_one_name(path: str) -> None:
    """The database at `path` has no other name. Raises Refusal."""
    if os.stat(path).st_nlink > 1:
        raise Refusal("DB_INVALID", f"{path} {SECOND_NAME}")


class Database:
    """The database at `path`; private copies of it keep out of the folders in `avoid`."""

    def __init__(self, path: str, avoid: list[str]) -> None:
        self.path, self._avoid = path, avoid
        self.looked_at: dict[str, str] = {}  # digests of the files of which the last private copy was made
        self.tick: Callable[[], None] = lambda: None  # called now and then while SQLite is at work

    def files(self) -> list[str]:
        """The database and its possible side files."""
        return [self.path + suffix for suffix in ("", "-wal", "-shm", "-journal")]

    def in_use(self, who: str) -> Refusal:
        """The refusal that says so."""
        return Refusal("DB_LOCKED", f"{self.path} is in use by {who}. Stop it and run again.")

    def free(self) -> None:
        """Raises Refusal when somebody has the database open, as far as locks tell. Changes nothing.

        A connection in rollback-journal mode that is idle holds no lock and cannot be seen.
        """
        for suffix, start, length in LOCKS:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError, files.NotRegularError):
                fd = files.open_regular(self.path + suffix)
                try:
                    pid = _locked(fd, start, length)
                finally:
                    os.close(fd)
                if pid is not None:
                    raise self.in_use(f"process {pid}" if pid > 0 else "another process")

    @contextlib.contextmanager
    def seen(self) -> Iterator[sqlite3.Connection]:
        """A connection on a private copy that shows what the next program to open the database would see.

        Pending `-wal` and hot `-journal` files are applied to the copy alone. Raises Refusal.
        """
        with contextlib.ExitStack() as stack:
            try:
                copy = os.path.join(stack.enter_context(scratch.folder(self._avoid)), "copy.db")
                self._copy_to(copy)
            except FileNotFoundError as error:
                raise Refusal("DB_MISSING", f"{self.path} is gone. Restore it from a backup.") from error
            except OSError as error:
                code = "NO_SPACE" if error.errno == errno.ENOSPC else "DB_INVALID"
                raise Refusal(code, f"{self.path} cannot be copied to look at it: {error}.") from error
            connection = stack.enter_context(contextlib.closing(sqlite3.connect(copy, isolation_level=None)))
            self._ours(connection)
            try:
                yield connection
            except sqlite3.DatabaseError as error:
                message = f"{self.path} cannot be read: {error}. Restore it from a backup."
                raise Refusal("DB_INVALID", message) from error

    def _copy_to(self, copy: str) -> None:
        with contextlib.suppress(FileNotFoundError):  # SQLite would open whatever it is
            os.close(files.open_regular(self.path + "-shm"))
        before = [files.stamp(path) for path in self.files()]
        self.free()
        digests = {self.path: files.copy_new(self.path, copy, 0o600, forced=False, tick=self.tick)}
        for suffix in ("-wal", "-journal"):
            with contextlib.suppress(FileNotFoundError):
                path = self.path + suffix
                digests[path] = files.copy_new(path, copy + suffix, 0o600, forced=False, tick=self.tick)
        self.free()
        if [files.stamp(path) for path in self.files()] != before:
            raise self.in_use(JUST_NOW)
        self.looked_at = digests

    def _ours(self, connection: sqlite3.Connection) -> None:
        connection.text_factory = _text
        connection.set_progress_handler(self.tick, STEPS)

    @contextlib.contextmanager
    def alone(self, expected: Contents, *, enforced: bool = True) -> Iterator[sqlite3.Connection]:
        """An open transaction on the database itself, which still holds `expected`; undone if not committed.

        Foreign keys are `enforced`, unless whoever asked checks them.

        Exclusive locking mode keeps everyone out until the connection closes, and needs no `-shm`.
        `synchronous=EXTRA` puts the end of the transaction on disk before COMMIT returns. Raises Refusal.
        """
        name = self.path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        connection = sqlite3.connect(f"file:{name}?mode=rw", uri=True, timeout=0, isolation_level=None)
        with contextlib.closing(connection):
            self._ours(connection)
            try:
                for setting in (*SETTINGS, f"foreign_keys={enforced:d}"):
                    connection.execute(f"PRAGMA {setting}").fetchall()
                connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                    raise self.in_use("another program") from error
                raise
            try:
                if contents(connection) != expected:
                    raise self.in_use(JUST_NOW)
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def contents(self) -> Contents:
        """What the database holds now; nothing when it is gone. Raises Refusal."""
        if not os.path.lexists(self.path):
            return {}
        with self.seen() as connection:
            return contents(connection)

    def differences(self, rows: Iterable[Row]) -> Iterator[tuple[str, str]]:
        """The name and fault of every row that is missing or unequal.

        Then what SQLite's own checks say. Raises Refusal.
        """
        with self.seen() as connection:
            for table, key, values in rows:
                query = f"SELECT {', '.join(values)} FROM {table} WHERE {key} = ?"  # noqa: S608 - our own names
                found = connection.execute(query, (values[key],)).fetchone()
                if found is None:
                    yield f"{table} {values[key]}", "missing"
                for name, value in zip(values, found or (), strict=False):
                    if value != values[name]:
                        yield f"{table} {values[key]}", f"{name} is {value!r}, planned was {values[name]!r}"
            yield from (("database", problem) for problem in sound(connection))


def _locked(fd: int, start: int, length: int) -> int | None:
    """The process that has any of these bytes locked, -1 if unknown; None when there is none."""
    if sys.platform == "darwin":
        ask = struct.pack("qqihh", start, length, 0, fcntl.F_WRLCK, os.SEEK_SET)
        _, _, pid, kind, _ = struct.unpack_from("qqihh", fcntl.fcntl(fd, QUERY, ask))
    else:
        ask = struct.pack("hhqqixxxx", fcntl.F_WRLCK, os.SEEK_SET, start, length, 0)
        kind, _, _, _, pid = struct.unpack_from("hhqqi", fcntl.fcntl(fd, QUERY, ask))
    return None if kind == fcntl.F_UNLCK else int(pid)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def contents(connection: sqlite3.Connection, known: Contents | None = None) -> Contents:
    """For each table its rows and their digest, and under "" the schema: equal exactly when the data is.

    File layout, free pages, the write-ahead log and the planner's statistics do not matter. Tables that are `known` to
    hold this are not read.
    """
    order = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat_' ORDER BY type, name"
    schema = connection.execute(order).fetchall()
    version = connection.execute("PRAGMA user_version").fetchone()
    found: Contents = {"": [len(schema), hashlib.sha256(repr((schema, version)).encode()).hexdigest()]}
    for kind, table, _, sql in schema:
        if kind == "table" and "VIRTUAL" not in (sql or "")[:20].upper():
            found[table] = (known or {}).get(table) or _rows(connection, quoted(table))
    return found


def quoted(name: str) -> str:
    """A name from somebody's schema, as SQL takes any name."""
    return '"' + name.replace('"', '""') + '"'


def insert(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """All rows are in, in their order; one that exists already makes it fail. Raises sqlite3.Error."""
    for table, _, values in rows:
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608 - our own names


def _rows(connection: sqlite3.Connection, table: str) -> list[Any]:
    ours, connection.text_factory = connection.text_factory, str  # far quicker
    try:
        return _digest(connection, table)
    except sqlite3.OperationalError:  # text that is not UTF-8
        connection.text_factory = ours
        return _digest(connection, table)
    finally:
        connection.text_factory = ours


def _digest(connection: sqlite3.Connection, table: str) -> list[Any]:
    try:
        rows = connection.execute(f"SELECT * FROM main.{table} ORDER BY rowid")  # noqa: S608 - a quoted name
    except sqlite3.OperationalError:  # WITHOUT ROWID: its own order is the key's
        rows = connection.execute(f"SELECT * FROM main.{table}")  # noqa: S608 - a quoted name
    total, count = hashlib.sha256(), 0
    while some := rows.fetchmany(AT_ONCE):
        total.update(("\n".join(map(repr, some)) + "\n").encode())
        count += len(some)
    return [count, total.hexdigest()]


def damage(connection: sqlite3.Connection) -> list[str]:
    """What `integrity_check` complains of, the first few; empty when the database can be relied on."""
    return [row[0] for row in connection.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]


def sound(connection: sqlite3.Connection) -> list[str]:
    """What `integrity_check` and `foreign_key_check` complain of; empty when the database is sound."""
    broken: list[Any] = connection.execute("PRAGMA foreign_key_check").fetchmany(5)
    return damage(connection) + [
        f"row {row[1]} of {row[0]} points to a missing row of {row[2]}" for row in broken
    ]
