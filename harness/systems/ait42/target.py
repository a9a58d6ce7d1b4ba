"""Databases at ``sessions.db`` as bytes, deterministic for one SQLite library; nothing here touches the disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing

from harness.systems.ait42 import schema
from harness.systems.ait42.model import Session, TargetState
from harness.wal import PAGE, write_ahead_log

_APPLIED = "2025-12-01T08:00:00+00:00"
_OLD, _NEW = "2001-02-03T04:05:06.000Z", "2099-02-03T04:05:06.000Z"
_NOTES = b"sessions moved to the new laptop, see the notes there\n" * 40
_STEPS = {"tables-only": 1, "no-search": 2}


def database_files(state: TargetState, sessions: Iterable[Session]) -> dict[str, bytes]:
    """Returns what lies at the database's place: suffix → content; empty when there is none.

    `sessions` are legacy sessions of which a "shared" target already knows the first three ids.
    """
    if state.kind == "none":
        return {}
    if state.kind in {"empty", "not-a-database"}:
        return {"": b"" if state.kind == "empty" else _NOTES}
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {PAGE}")
        _make(connection, state)
        before = _image(connection, wal=state.journal != "delete")
        _fill(connection, state, sessions)
        after = _image(connection, wal=state.journal != "delete")
    if state.journal == "wal-pending" and before != after:
        return {"": before, "-wal": write_ahead_log(before, after)}
    return {"": after}


def _make(connection: sqlite3.Connection, state: TargetState) -> None:
    if state.kind in schema.FOREIGN:
        connection.executescript(f"BEGIN; {schema.FOREIGN[state.kind]} COMMIT;")
        return
    names = list(schema.STEPS)[: _STEPS.get(state.kind, 3)]
    connection.executescript("BEGIN; " + "".join(schema.STEPS[name] for name in names) + "COMMIT;")
    names += ["later"] if state.kind == "newer" else []
    rows = [(number, name, _APPLIED) for number, name in enumerate(names, 1)]
    connection.executemany("INSERT INTO schema_version VALUES (?, ?, ?)", rows)


def _fill(connection: sqlite3.Connection, state: TargetState, sessions: Iterable[Session]) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    if state.kind in {"used", "shared", "tables-only", "no-search"}:
        add_session(connection, "5e55a0f0-0000-4000-a000-000000000001", _NEW)
    if state.kind == "shared":
        add_shared(connection, sessions)


def add_session(connection: sqlite3.Connection, identity: str, updated_at: str) -> None:
    """Adds a session as the editor's SQLite code would: with an instance and a message on it; other columns are free."""
    connection.execute(
        "INSERT INTO sessions (id, workspace_path, type, task, status, created_at, updated_at, runtime_mix) "
        "VALUES (?, '/srv/other', 'ensemble', 'Tidy the checkout 整理', 'paused', ?, ?, '[\"claude\"]')",
        (identity, _OLD, updated_at),
    )
    number = connection.execute(
        "INSERT INTO instances (session_id, instance_id, worktree_path, branch, agent_name, status, tmux_session_id) "
        "VALUES (?, 1, '/srv/other/tree', 'other', 'Agent Other', 'idle', 'ait42-other')",
        (identity,),
    ).lastrowid
    connection.execute(
        "INSERT INTO chat_messages (id, session_id, instance_id_ref, role, content, timestamp) "
        "VALUES (?, ?, ?, 'user', 'from the database', ?)",
        (f"msg-of-{identity}", identity, number, _OLD),
    )


def add_shared(connection: sqlite3.Connection, sessions: Iterable[Session]) -> None:
    """Adds sessions under the ids of legacy ones: an older, a newer and, of the third, only its first message's id."""
    known = list({session.id: session for session in sessions}.values())[:3]
    for session, updated_at in zip(known, (_OLD, _NEW), strict=False):
        add_session(connection, session.id, updated_at)
    taken = [session.chat[0].id for session in known[2:] if session.chat]
    for identity in taken:
        connection.execute(
            "INSERT OR IGNORE INTO chat_messages (id, session_id, role, content, timestamp) VALUES (?, ?, 'user', ?, ?)",
            (identity, known[0].id, "it came first", _OLD),
        )


def _image(connection: sqlite3.Connection, *, wal: bool) -> bytes:
    image = bytearray(connection.serialize())
    image[18:20] = b"\x02\x02" if wal else b"\x01\x01"
    return bytes(image)
