"""Trying the database out on rows of our own, each taken back: checks, counts, cascades and the search's triggers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from harness.systems.ait42.oracle import schema

_NAME = "probe-of-the-harness"
_ROWS: dict[str, dict[str, Any]] = {
    "sessions": {
        "id": _NAME, "workspace_path": "/w", "type": "debate", "task": "zyxprobe", "status": "running",
        "created_at": "2025-11-11T09:00:00.000Z", "updated_at": "2025-11-11T09:00:00.000Z",
    },
    "instances": {
        "session_id": _NAME, "instance_id": 1, "worktree_path": "", "branch": "", "agent_name": "a",
        "status": "idle", "tmux_session_id": "",
    },
    "chat_messages": {
        "id": _NAME, "session_id": _NAME, "role": "user", "content": "c", "timestamp": "2025-11-11T09:00:00.000Z",
    },
}  # fmt: skip


def trial_problems(connection: sqlite3.Connection) -> list[str]:
    """Returns what the database refuses and should accept, accepts and should refuse, or counts wrongly."""
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("BEGIN")
    problems: list[str] = []
    try:
        for table, row in _ROWS.items():
            _insert(connection, table, row)
        problems += _choice_problems(connection)
        problems += _effect_problems(connection)
    except sqlite3.Error as error:
        problems.append(f"sessions: a right row is not accepted: {error}")
    finally:
        connection.execute("ROLLBACK")
    return problems


def _insert(connection: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))  # noqa: S608


def _choice_problems(connection: sqlite3.Connection) -> Iterator[str]:
    for (table, column), choices in schema.CHOICES.items():
        for choice in sorted(choices):
            if not _accepts(connection, table, column, choice):
                yield f"{table}: {column} does not accept {choice!r}"
        if _accepts(connection, table, column, _NAME):
            yield f"{table}: {column} accepts any text, not only {sorted(choices)}"
    for (table, column), (good, bad) in schema.CHECKED.items():
        if not _accepts(connection, table, column, good):
            yield f"{table}: {column} does not accept {good}"
        if _accepts(connection, table, column, bad):
            yield f"{table}: {column} accepts {bad}"
    if not _accepts(connection, "chat_messages", "content", "長" * 10_001):
        yield "chat_messages: content does not accept 10001 characters"


def _accepts(connection: sqlite3.Connection, table: str, column: str, value: Any) -> bool:
    """Tells whether the probe's row may have the value; it is taken back at once."""
    key = "session_id" if table == "instances" else "id"
    connection.execute("SAVEPOINT choice")
    try:
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", [value, _NAME])  # noqa: S608
    except sqlite3.IntegrityError:
        return False
    finally:
        connection.execute("ROLLBACK TO choice")
        connection.execute("RELEASE choice")
    return True


def _effect_problems(connection: sqlite3.Connection) -> Iterator[str]:
    counts = "SELECT instance_count, message_count FROM sessions WHERE id = ?"
    found = "SELECT s.id FROM sessions_fts f JOIN sessions s ON s.rowid = f.rowid WHERE sessions_fts MATCH ?"
    if connection.execute(counts, [_NAME]).fetchone() != (1, 1):
        yield "sessions: an inserted instance or message is not counted"
    if connection.execute(found, ["zyxprobe"]).fetchall() != [(_NAME,)]:
        yield "sessions_fts: an inserted session is not found"
    connection.execute("UPDATE sessions SET task = 'zyxchanged' WHERE id = ?", [_NAME])
    if (
        connection.execute(found, ["zyxprobe"]).fetchall()
        or not connection.execute(found, ["zyxchanged"]).fetchall()
    ):
        yield "sessions_fts: a changed task is not found, or the old one still is"
    connection.execute("DELETE FROM chat_messages WHERE id = ?", [_NAME])
    connection.execute("DELETE FROM instances WHERE session_id = ?", [_NAME])
    if connection.execute(counts, [_NAME]).fetchone() != (0, 0):
        yield "sessions: a deleted instance or message is still counted"
    connection.execute("DELETE FROM sessions WHERE id = ?", [_NAME])
    if connection.execute(found, ["zyxchanged"]).fetchall():
        yield "sessions_fts: a deleted session is still found"
