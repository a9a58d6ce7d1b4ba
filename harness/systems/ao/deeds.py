"""What others do to a home between two steps: the rewrite's daemon gains work, somebody tampers, a disk goes bad.

Each deed is a pure function of the home and of the paths that the migrator keeps; None where it finds no place.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from random import Random

from harness.corruption import bytes_
from harness.home import Home
from harness.systems.ao import naming
from harness.systems.ao.model import DATA

_DATABASE = f"{DATA}/ao.db"
_WHEN = "2026-06-20 08:30:00.123 +0000 UTC"
_Change = Callable[[sqlite3.Connection], bool]


def new_work(home: Home, _: Sequence[str]) -> Home | None:
    """Returns the home after the daemon started a session in one of its projects."""
    return _changed(home, _start_session)


def tampering(home: Home, _: Sequence[str]) -> Home | None:
    """Returns the home after one migrated thing was altered or lost: a row, or a transcript at its new place."""
    random = Random(_digest(home))  # noqa: S311 - reproducible, not secret
    bucket = f".claude/projects/{naming.bucket(home.resolve(f'{home.root}/{DATA}/worktrees'))}-"
    copies = sorted(path for path, e in home.entries.items() if path.startswith(bucket) and e.kind == "file")
    if copies and random.random() < 0.5:
        copy = random.choice(copies)
        return bytes_.truncated(home, copy, random) or home.without(copy)
    return _changed(home, random.choice((_alter_row, _lose_session)))


def damaged_backup(home: Home, keeps: Sequence[str]) -> Home | None:
    """Returns the home after the largest file that the migrator keeps lost its second half."""
    kept = [
        (entry.size, path)
        for path, entry in home.entries.items()
        if entry.kind == "file" and entry.size > 1 and any(path.startswith(top + "/") for top in keeps)
    ]
    if not kept:
        return None
    size, path = max(kept)
    return home.with_file(path, home.content(path)[: size // 2])


def _start_session(connection: sqlite3.Connection) -> bool:
    project = connection.execute("SELECT max(id) FROM projects").fetchone()[0]
    if project is None:
        return False
    highest = "SELECT coalesce(max(num), 0) + 1 FROM sessions WHERE project_id = ?"
    (num,) = connection.execute(highest, [project]).fetchone()
    connection.execute(
        "INSERT INTO sessions (id, project_id, num, activity_last_at, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
        [f"{project}-{num}-new", project, num, _WHEN, _WHEN, _WHEN],
    )
    return True


def _alter_row(connection: sqlite3.Connection) -> bool:
    session = connection.execute(
        "UPDATE sessions SET branch = 'other' WHERE rowid = (SELECT max(rowid) FROM sessions)"
    )
    if session.rowcount:
        return True
    project = connection.execute(
        "UPDATE projects SET path = '/' WHERE rowid = (SELECT max(rowid) FROM projects)"
    )
    return bool(project.rowcount)


def _lose_session(connection: sqlite3.Connection) -> bool:
    (session,) = connection.execute("SELECT max(id) FROM sessions").fetchone()
    connection.execute("DELETE FROM change_log WHERE session_id = ?", [session])
    return bool(connection.execute("DELETE FROM sessions WHERE id = ?", [session]).rowcount)


def _place(home: Home) -> str | None:
    path = home.relative(home.resolve(f"{home.root}/{_DATABASE}"))
    entry = None if path is None else home.get(path)
    return path if entry is not None and entry.kind == "file" else None


def _digest(home: Home) -> str:
    path = _place(home)
    return home.entries[path].digest if path else ""


def _changed(home: Home, change: _Change) -> Home | None:
    """Returns the home with its database changed, as a program that closes it in order leaves it."""
    path = _place(home)
    if path is None:
        return None
    with tempfile.TemporaryDirectory(prefix="ao-deed-") as folder:
        copy = os.path.join(folder, "ao.db")
        for suffix in ("", "-wal"):
            if home.get(path + suffix) is not None:
                with open(copy + suffix, "wb") as file:
                    file.write(home.content(path + suffix))
        try:
            with closing(sqlite3.connect(copy)) as connection, connection:
                if not change(connection):
                    return None
        except sqlite3.Error:
            return None
        with open(copy, "rb") as file:
            content = file.read()
    for suffix in ("-wal", "-shm"):
        home = home.without(path + suffix)
    return home.with_file(path, content)
