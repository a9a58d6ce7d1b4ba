"""What the editor's SQLite code may do to the database after a migration, each a change in SQL; times are constants."""

from __future__ import annotations

import sqlite3

from harness.sqlite_work import Change

WHEN = "2025-12-20 08:30:00"
_OWN = "0e11a0f0-0000-4000-a000-00000000000{}"
_NEW_SESSION = (
    "INSERT INTO sessions (id, workspace_path, type, task, status, created_at, updated_at) "
    "VALUES (?, '/srv/editor', 'ensemble', 'Begun after the migration 移行後', 'running', ?, ?)"
)
_NEW_INSTANCE = (
    "INSERT INTO instances (session_id, instance_id, worktree_path, branch, agent_name, status, tmux_session_id) "
    "VALUES (?, ?, '/srv/editor/tree', 'later', 'Agent Later', 'running', 'ait42-later')"
)
_NEW_MESSAGE = (
    "INSERT INTO chat_messages (id, session_id, instance_id_ref, role, content, timestamp) "
    "VALUES (?, ?, ?, 'user', 'said after the migration', ?)"
)


def own_session(connection: sqlite3.Connection) -> bool:
    """Adds a session that leans on nothing migrated, with an instance and a message of it."""
    used = {row[0] for row in connection.execute("SELECT id FROM sessions")}
    name = next((own for own in map(_OWN.format, range(10)) if own not in used), None)
    if name is None:
        return False
    connection.execute(_NEW_SESSION, (name, WHEN, WHEN))
    instance = connection.execute(_NEW_INSTANCE, (name, 1)).lastrowid
    connection.execute(_NEW_MESSAGE, (f"msg-own-{name}", name, instance, WHEN))
    return True


def new_message(connection: sqlite3.Connection) -> bool:
    """Adds a message to a session that is there."""
    session = _first(connection)
    if session is None:
        return False
    number = connection.execute("SELECT count(*) FROM chat_messages").fetchone()[0]
    connection.execute(_NEW_MESSAGE, (f"msg-later-{number}", session, None, WHEN))
    return True


def finished(connection: sqlite3.Connection) -> bool:
    """Ends a session that is there: other status, later times, its first instance archived."""
    session = _first(connection)
    if session is None:
        return False
    status = "failed" if _status(connection, session) == "completed" else "completed"
    connection.execute(
        "UPDATE sessions SET status = ?, updated_at = ?, completed_at = ? WHERE id = ?",
        (status, WHEN, WHEN, session),
    )
    connection.execute("UPDATE instances SET status = 'archived' WHERE session_id = ?", (session,))
    return True


def renamed(connection: sqlite3.Connection) -> bool:
    """Gives a session another task without another time."""
    session = _first(connection)
    if session is None:
        return False
    connection.execute("UPDATE sessions SET task = task || ' (edited 編集)' WHERE id = ?", (session,))
    return True


def deleted(connection: sqlite3.Connection) -> bool:
    """Deletes a session with all that hangs from it."""
    session = _first(connection)
    if session is None:
        return False
    connection.execute("DELETE FROM sessions WHERE id = ?", (session,))
    return True


def upgraded(connection: sqlite3.Connection) -> bool:
    """Takes the database to a version that is not known yet."""
    if not _has(connection, "schema_version"):
        return False
    connection.execute("ALTER TABLE sessions ADD COLUMN label TEXT")
    connection.execute("INSERT INTO schema_version VALUES (4, 'labels', ?)", (WHEN,))
    return True


def altered(connection: sqlite3.Connection) -> bool:
    """Alters a value of a session as no program of the editor's would: its time of creation."""
    session = _first(connection)
    if session is None:
        return False
    connection.execute("UPDATE sessions SET created_at = '1999-09-09T09:09:09.999Z' WHERE id = ?", (session,))
    return True


CHANGES: dict[str, tuple[str, Change]] = {
    "own-work": ("the editor has begun a session of its own in the database", own_session),
    "new-work": ("a migrated session has talked on in the database", new_message),
    "changed-rows": ("a migrated session has ended in the database", finished),
    "renamed-task": ("a migrated session has another task in the database", renamed),
    "deleted-rows": ("a migrated session was deleted from the database", deleted),
    "schema-moved": ("a later editor has taken the database to a new version", upgraded),
}
"""What the editor does in order, by the actor's name."""


def _first(connection: sqlite3.Connection) -> str | None:
    if not _has(connection, "sessions"):
        return None
    row = connection.execute("SELECT id FROM sessions ORDER BY id LIMIT 1").fetchone()
    return None if row is None else str(row[0])


def _status(connection: sqlite3.Connection, session: str) -> str:
    return str(connection.execute("SELECT status FROM sessions WHERE id = ?", (session,)).fetchone()[0])


def _has(connection: sqlite3.Connection, table: str) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return connection.execute(query, (table,)).fetchone() is not None
