"""SQLite databases that belong to somebody else: seen without being touched, changed only when alone.

Opening a database in place disturbs it: a WAL database is checkpointed on close, and even a read-only
connection leaves a `-shm` behind. So it is read through a private copy, and whether someone has it open is
asked of the kernel (https://www.sqlite.org/src/file/src/os_unix.c and https://www.sqlite.org/walformat.html
give the lock bytes). A process must never open and close a database file while it has an SQLite connection on
it: POSIX locks would be dropped. Everything here closes one before it opens the other.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sqlite3
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from migrator import files

SCRATCH, SETTLED = "migrator-copy-", 60  # seconds after which a folder that nobody holds is abandoned
SUFFIXES = ("", "-wal", "-shm", "-journal")
LOCKS = (("", 0x40000000, 512), ("-shm", 120, 9))  # PENDING, RESERVED, SHARED; the eight WAL locks and DMS
BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_BUSY_RECOVERY", "SQLITE_BUSY_SNAPSHOT"}
QUERY = getattr(fcntl, "F_OFD_GETLK", fcntl.F_GETLK)  # OFD: also sees locks of this very process
FLOCK = "qqihh" if sys.platform == "darwin" else "hhqqi"

Contents = dict[str, tuple[int, str]]


class InUseError(Exception):
    """Another program has the database open, or changed it while it was being looked at."""


def holder(database: str) -> str | None:
    """Who has the database open, as far as locks tell; None when nobody seems to. Changes nothing.

    A connection in rollback-journal mode that is idle holds no lock and cannot be seen.
    """
    for suffix, start, length in LOCKS:
        try:
            fd = files.open_regular(database + suffix)
        except FileNotFoundError:
            continue
        try:
            answer = fcntl.fcntl(fd, QUERY, _flock(fcntl.F_WRLCK, start, length) + bytes(8))
        finally:
            os.close(fd)
        kind, pid = _read_flock(answer)
        if kind != fcntl.F_UNLCK:
            return f"process {pid}" if pid > 0 else "another process"
    return None


def _flock(kind: int, start: int, length: int) -> bytes:
    if FLOCK.startswith("q"):
        return struct.pack(FLOCK, start, length, 0, kind, os.SEEK_SET)
    return struct.pack(FLOCK, kind, os.SEEK_SET, start, length, 0)


def _read_flock(answer: bytes) -> tuple[int, int]:
    values = struct.unpack_from(FLOCK, answer)
    return (values[3], values[2]) if FLOCK.startswith("q") else (values[0], values[4])


def _scratch(avoid: list[str]) -> str:
    """A folder for private copies, away from the homes that must not change."""
    for folder in (os.environ.get("TMPDIR", ""), "/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108 - mkdtemp is safe there
        if (
            folder
            and os.access(folder, os.W_OK | os.X_OK)
            and not any(files.inside(folder, a) for a in avoid)
        ):
            return folder
    return tempfile.gettempdir()


def _stamp(database: str) -> list[tuple[int, int, int] | None]:
    stamps: list[tuple[int, int, int] | None] = []
    for suffix in ("", "-wal", "-journal"):
        try:
            about = os.lstat(database + suffix)
        except FileNotFoundError:
            stamps.append(None)
        else:
            stamps.append((about.st_ino, about.st_size, about.st_mtime_ns))
    return stamps


@contextlib.contextmanager
def _scratch_folder(top: str) -> Iterator[str]:
    """A private folder, gone afterwards; folders that killed runs of this user left are gone too."""
    for entry in list(os.scandir(top)):
        if entry.name.startswith(SCRATCH) and entry.is_dir(follow_symlinks=False):
            with contextlib.suppress(OSError):  # somebody else's, or in use
                _sweep(entry.path)
    folder = tempfile.mkdtemp(prefix=SCRATCH, dir=top)
    try:
        with files.held(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(folder: str) -> None:
    about = os.lstat(folder)
    if about.st_uid == os.geteuid() and time.time() - about.st_mtime > SETTLED:
        with files.held(folder):
            shutil.rmtree(folder)


@contextlib.contextmanager
def private_copy(database: str, avoid: list[str]) -> Iterator[sqlite3.Connection]:
    """A connection on a copy that shows what the next program to open the database would see.

    Pending `-wal` and hot `-journal` files are applied to the copy alone. Raises InUseError, OSError,
    sqlite3.DatabaseError.
    """
    with _scratch_folder(_scratch(avoid)) as folder:
        before = _stamp(database)
        if who := holder(database):
            raise InUseError(who)
        copy = os.path.join(folder, "copy.db")
        for suffix in ("", "-wal", "-journal"):
            with contextlib.suppress(FileNotFoundError):
                files.copy_new(database + suffix, copy + suffix, 0o600, forced=False)
        if holder(database) or _stamp(database) != before:
            raise InUseError("a program that wrote to it just now")
        with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            connection.text_factory = _text
            yield connection


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


@contextlib.contextmanager
def alone(database: str) -> Iterator[sqlite3.Connection]:
    """An open exclusive transaction on the database itself; what is not committed is undone.

    Exclusive locking mode keeps everyone out until the connection closes, and needs no `-shm`.
    `synchronous=EXTRA` puts the end of the transaction on disk before COMMIT returns. Raises InUseError.
    """
    uri = f"file:{quote(os.fsencode(database))}?mode=rw"
    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=0, isolation_level=None)) as connection:
        connection.text_factory = _text
        try:
            for setting in (
                "locking_mode=EXCLUSIVE",
                "synchronous=EXTRA",
                "foreign_keys=ON",
                "temp_store=MEMORY",
            ):
                connection.execute(f"PRAGMA {setting}").fetchall()
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorname", "") in BUSY:
                raise InUseError("another program") from error
            raise
        try:
            yield connection
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


def contents(connection: sqlite3.Connection) -> Contents:
    """For each table its rows and their digest, and under "" the schema: equal exactly when the data is.

    File layout, free pages and the write-ahead log do not matter.
    """
    order = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
    schema = connection.execute(order).fetchall()
    version = connection.execute("PRAGMA user_version").fetchone()
    found: Contents = {"": (len(schema), hashlib.sha256(repr((schema, version)).encode()).hexdigest())}
    tables = [
        name for kind, name, _, sql in schema if kind == "table" and "VIRTUAL" not in (sql or "")[:20].upper()
    ]
    for table in tables:
        found[table] = _rows(connection, '"' + table.replace('"', '""') + '"')
    return found


def _rows(connection: sqlite3.Connection, table: str) -> tuple[int, str]:
    try:
        rows = connection.execute(f"SELECT * FROM {table} ORDER BY rowid")  # noqa: S608 - a quoted name
    except sqlite3.OperationalError:  # WITHOUT ROWID: its own order is the key's
        rows = connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - a quoted name
    total, count = hashlib.sha256(), 0
    for row in rows:
        total.update(repr(row).encode() + b"\n")
        count += 1
    return count, total.hexdigest()


def sound(connection: sqlite3.Connection) -> list[str]:
    """What `integrity_check` and `foreign_key_check` complain of; empty when the database is sound."""
    problems = [row[0] for row in connection.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]
    broken: list[Any] = connection.execute("PRAGMA foreign_key_check").fetchmany(5)
    return problems + [f"row {row[1]} of {row[0]} points to a missing row of {row[2]}" for row in broken]
