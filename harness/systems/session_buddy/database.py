"""Skills databases as bytes, deterministic for one SQLite library; nothing here touches the disk.

Rows go in through the database's own triggers, so that the derived tables are what session-buddy would have.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random

from harness.systems.session_buddy import naming, rows_v4, schema, schema_v4
from harness.systems.session_buddy.model import Invocation, Layout, LegacyState, Made, Version4
from harness.wal import PAGE, write_ahead_log

_INSTALLED = datetime(2025, 12, 1, 8, 0, 0, tzinfo=UTC)
_AHEAD = datetime(2099, 1, 1, 0, 0, 0, tzinfo=UTC)
_FIRST = datetime(2026, 1, 2, 9, 0, 0, tzinfo=UTC)
_BETWEEN = timedelta(seconds=61)  # from one invocation's row to the next
_LAYOUTS = {"usual": "", "utf-16": "PRAGMA encoding = 'UTF-16le'", "auto-vacuum": "PRAGMA auto_vacuum = FULL"}
_DIMENSIONS = 384  # float32 each
_INSERT = (
    "INSERT INTO skill_invocation (skill_name, invoked_at, session_id, completed, duration_seconds, workflow_path, "
    "user_query, alternatives_considered, selection_rank, follow_up_actions, error_type, workflow_phase, "
    "workflow_step_id, embedding) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class Clock:
    """What the database takes for the time."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def text(self, *_: object) -> str:
        """Returns the time as SQLite's ``datetime('now')`` gives it."""
        return naming.in_sqlite(self.at)


def database_files(state: LegacyState) -> dict[str, bytes]:
    """Returns what lies at the database's place: suffix → content."""
    wal = state.journal != "delete"
    image = empty(state.made, state.layout)
    with opened(image) as (connection, clock):
        _fill(connection, clock, state)
        filled = connection.serialize()
    before, after = (_flagged(content, wal=wal) for content in (image, filled))
    if state.journal == "wal-pending" and before != after:
        return {"": before, "-wal": write_ahead_log(before, after)}
    return {"": after}


@lru_cache(maxsize=16)
def empty(made: Made, layout: Layout = "usual") -> bytes:
    """Returns a database of version 3 without an invocation."""
    with opened(b"") as (connection, _):
        connection.execute(f"PRAGMA page_size = {PAGE}")
        connection.execute(_LAYOUTS[layout])
        script = schema.BOOKKEEPING + "".join(text for _, _, text in schema.VERSIONS)
        connection.executescript(f"BEGIN; {script} COMMIT;")
        for number, (version, description, _) in enumerate(schema.VERSIONS, 1):
            if number > 1 or made != "tool":
                _record(connection, version, applied_at(made, number), description)
        return connection.serialize()


def applied_at(made: Made, version: int) -> str:
    """Returns the time in the bookkeeping row of a version."""
    began = _AHEAD if made == "ahead" else _INSTALLED
    return naming.in_sqlite(began + timedelta(seconds=0 if made == "same-second" else version - 1))


@contextmanager
def opened(image: bytes) -> Iterator[tuple[sqlite3.Connection, Clock]]:
    """Opens an image, not in WAL mode, in memory; its ``datetime('now')`` is the clock's."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        if image:
            connection.deserialize(image)
        clock = Clock(_FIRST)
        connection.create_function("datetime", 1, clock.text)
        yield connection, clock
    finally:
        connection.close()


def insert(connection: sqlite3.Connection, invocations: Sequence[Invocation], clock: Clock) -> None:
    """Adds invocations as the tracker does, a minute from one to the next."""
    for invocation in invocations:
        connection.execute(_INSERT, _values(invocation))
        clock.at += _BETWEEN


def make_version_4(connection: sqlite3.Connection, part: int | None = None) -> None:
    """Creates the first objects of version 4, or all of them."""
    for statement in list(schema_v4.OBJECTS.values())[:part]:
        connection.execute(statement)


def record_version_4(connection: sqlite3.Connection, made: Made, *, success: int = 1) -> None:
    """Records version 4 as upstream does."""
    _record(connection, schema_v4.RECORD, applied_at(made, 4), schema_v4.DESCRIPTION, success)


def _fill(connection: sqlite3.Connection, clock: Clock, state: LegacyState) -> None:
    connection.execute("BEGIN")
    early = len(state.invocations) // 2 if _lived_on(state.version_4) else len(state.invocations)
    insert(connection, state.invocations[:early], clock)
    if state.version_4 != "none":
        make_version_4(connection, state.part if state.version_4 == "part" else None)
    insert(connection, state.invocations[early:], clock)
    if state.version_4 in {"failed", "complete", "used"}:
        record_version_4(connection, state.made, success=int(state.version_4 != "failed"))
    if state.version_4 in {"with-rows", "failed", "used"}:
        rows_v4.fill(connection, state.invocations)
    connection.execute("COMMIT")


def _lived_on(version_4: Version4) -> bool:
    """Tells whether session-buddy went on in the database after the trigger of version 4 was there."""
    return version_4 not in {"none", "part", "all"}


def _record(
    connection: sqlite3.Connection, version: str, at: str, description: str, success: int = 1
) -> None:
    connection.execute(
        "INSERT INTO skill_migrations (version, applied_at, description, success) VALUES (?, ?, ?, ?)",
        (version, at, description, success),
    )


def _values(one: Invocation) -> tuple[object, ...]:
    vector = None if one.embedding is None else embedding(one.embedding)
    return (
        one.skill, one.at, one.session, one.completed, one.duration, one.path, one.query, one.alternatives, one.rank,
        one.follow_up, one.error, one.phase, one.step, vector,
    )  # fmt: skip


def embedding(seed: int) -> bytes:
    """Returns the numbers of an embedding as they are stored: native order, no header."""
    source = Random(seed)  # noqa: S311 - reproducible, not secret
    return struct.pack(f"={_DIMENSIONS}f", *(source.random() - 0.5 for _ in range(_DIMENSIONS)))


def _flagged(image: bytes, *, wal: bool) -> bytes:
    return image[:18] + (b"\2\2" if wal else b"\1\1") + image[20:]
