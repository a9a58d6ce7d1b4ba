"""Whether constraints and triggers do what version 12 says, tried out on a private copy and rolled back.

Behaviour is compared instead of SQL text, since the same schema can be written in many ways.
"""

from __future__ import annotations

import functools
import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlite_utils import Database

from harness.systems.ao.oracle import schema

_NAME = "\x01probe-"  # no row of a real database is named so
_FIRST, _LATER = "2001-01-01T00:00:00.000Z", "2002-02-02T00:00:00.000Z"
_NOW = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_PROJECT, _SESSION, _OTHER, _PR = (_NAME + word for word in ("project", "session", "other", "pr"))
Payload = Mapping[str, Any]
_NOTHING: Payload = {}
_THREAD = {"pr": _PR, "thread": _NAME, "path": "a", "line": 3}
_CHECK = {"pr": _PR, "name": _NAME, "commit": "c"}


@dataclass(frozen=True, slots=True)
class _Step:
    """One write and what a trigger must log of it: event and payload, at which time, for which session."""

    trigger: str
    sql: str
    event: str | None = None
    payload: Payload = field(default_factory=dict)
    at: str | None = _LATER
    session: str = _SESSION


def trial_problems(database: Database) -> Iterator[str]:
    """Yields each trigger and each CHECK that does something else; the database is left as it was."""
    database.execute("PRAGMA foreign_keys = OFF")
    database.execute("BEGIN")
    try:
        yield from _trigger_problems(database)
        yield from _choice_problems(database)
    finally:
        database.execute("ROLLBACK")


@functools.cache
def _insert(table: str, **values: Any) -> str:
    """Returns the INSERT of a row whose other columns are filled as the schema demands."""
    row = {
        column.name: _filler(table, column)
        for column in schema.TABLES[table].columns
        if column.notnull and column.default is None
    } | values
    shown = ", ".join("NULL" if value is None else _literal(value) for value in row.values())
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({shown})"  # noqa: S608 - our own literals


def _filler(table: str, column: schema.Column) -> Any:
    known = {"project_id": _PROJECT, "session_id": _SESSION, "pr_url": _PR, "payload": "{}"}
    if column.name in known:
        return known[column.name]
    if choices := schema.CHOICES.get((table, column.name)):
        return min(choices)
    return {"INTEGER": 0, "TIMESTAMP": _FIRST}.get(column.type, _NAME)


def _literal(value: Any) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def _activity(state: str, *, ended: bool) -> dict[str, Any]:
    return {"id": _SESSION, "activity": state, "isTerminated": ended}


def _pr(state: str, ci: str, review: str, mergeability: str) -> dict[str, Any]:
    words = {"state": state, "ci": ci, "review": review, "mergeability": mergeability}
    return {"url": _PR, "session": _SESSION} | words


@functools.cache
def _steps() -> list[_Step]:
    """Returns a life of one session, its pull request, check and review thread."""
    return [*_session_steps(), *_pr_steps(), *_check_steps(), *_thread_steps()]


def _session_steps() -> list[_Step]:
    def update(change: str, event: str | None = None, payload: Payload = _NOTHING) -> _Step:
        sql = f"UPDATE sessions SET {change}, updated_at = '{_LATER}' WHERE id = '{_SESSION}'"  # noqa: S608
        return _Step("sessions_cdc_update", sql, event, payload)

    def first(key: str) -> str:
        return _insert("sessions", id=key, num=-1 if key == _SESSION else -2, updated_at=_LATER)

    created, updated = "session_created", "session_updated"
    return [
        _Step("sessions_cdc_insert", _insert("projects", id=_PROJECT)),
        _Step("sessions_cdc_insert", first(_SESSION), created, _activity("idle", ended=False)),
        _Step(
            "sessions_cdc_insert",
            first(_OTHER),
            created,
            _activity("idle", ended=False) | {"id": _OTHER},
            session=_OTHER,
        ),
        update("branch = 'b'"),
        update("activity_state = 'active'", updated, _activity("active", ended=False)),
        update("is_terminated = 1", updated, _activity("active", ended=True)),
        update(f"first_signal_at = '{_FIRST}'", updated, _activity("active", ended=True)),
        update(f"first_signal_at = '{_LATER}'"),
    ]


def _pr_steps() -> list[_Step]:
    def update(change: str, event: str | None = None, payload: Payload = _NOTHING) -> _Step:
        sql = f"UPDATE pr SET {change}, updated_at = '{_LATER}' WHERE url = '{_PR}'"  # noqa: S608
        return _Step("pr_cdc_update", sql, event, payload)

    inserted = _insert("pr", url=_PR, updated_at=_LATER)
    moved = {"url": _PR, "fromSession": _SESSION, "toSession": _OTHER}
    changed = "pr_updated"
    return [
        _Step("pr_cdc_insert", inserted, "pr_created", _pr("open", "unknown", "none", "unknown")),
        update("title = 'b'"),
        update("pr_state = 'draft'", changed, _pr("draft", "unknown", "none", "unknown")),
        update("ci_state = 'passing'", changed, _pr("draft", "passing", "none", "unknown")),
        update("review_decision = 'approved'", changed, _pr("draft", "passing", "approved", "unknown")),
        update("mergeability = 'blocked'", changed, _pr("draft", "passing", "approved", "blocked")),
        replace(
            update(f"session_id = '{_OTHER}'", "pr_session_changed", moved),
            trigger="pr_session_cdc_update",
            session=_OTHER,
        ),
    ]


def _check_steps() -> list[_Step]:
    def update(change: str, event: str | None = None, payload: Payload = _NOTHING) -> _Step:
        sql = f"UPDATE pr_checks SET {change} WHERE pr_url = '{_PR}'"  # noqa: S608
        return _Step("pr_checks_cdc_update", sql, event, payload, at=None, session=_OTHER)

    inserted = _insert("pr_checks", commit_hash="c", created_at=_LATER)
    event = "pr_check_recorded"
    return [
        _Step("pr_checks_cdc_insert", inserted, event, _CHECK | {"status": "unknown"}, session=_OTHER),
        update("log_tail = 'b'"),
        update("status = 'passed'", event, _CHECK | {"status": "passed"}),
    ]


def _thread_steps() -> list[_Step]:
    def update(change: str, event: str | None = None, payload: Payload = _NOTHING) -> _Step:
        sql = f"UPDATE pr_review_threads SET {change} WHERE pr_url = '{_PR}'"  # noqa: S608
        return _Step("pr_review_threads_cdc_update", sql, event, payload, session=_OTHER)

    inserted = _insert("pr_review_threads", path="a", line=3, is_bot=1, updated_at=_LATER)
    state = {"resolved": False, "isBot": True}
    return [
        _Step(
            "pr_review_threads_cdc_insert",
            inserted,
            "pr_review_thread_added",
            _THREAD | state,
            session=_OTHER,
        ),
        update("semantic_hash = 'b'"),
        update("resolved = 1", "pr_review_thread_resolved", _THREAD | {"resolved": True}),
    ]


def _trigger_problems(database: Database) -> Iterator[str]:
    for step in _steps():
        (before,) = database.execute("SELECT coalesce(max(seq), 0) FROM change_log").fetchone()
        try:
            database.execute(step.sql)
        except sqlite3.Error as error:
            yield f"{schema.TRIGGERS[step.trigger]}: a row of version {schema.VERSION} is not accepted: {error}"
            return
        query = "SELECT project_id, session_id, event_type, payload, created_at FROM change_log WHERE seq > ?"
        found = database.execute(query, [before]).fetchall()
        payload = json.dumps(step.payload, separators=(",", ":"))
        wanted = [(_PROJECT, step.session, step.event, payload, step.at)] if step.event else []
        if [_timeless(row, step.at) for row in found] != wanted:
            yield f"change_log: the trigger {step.trigger} wrote {found}, not {wanted}"


def _timeless(row: tuple[Any, ...], at: str | None) -> tuple[Any, ...]:
    """Returns a change-log row; where the time must be *now*, a time of the right form becomes None."""
    return (*row[:4], None) if at is None and _NOW.fullmatch(str(row[4])) else row


def _choice_problems(database: Database) -> Iterator[str]:
    for (table, column), choices in schema.CHOICES.items():
        for choice in sorted(choices):
            if not _accepts(database, table, column, choice):
                yield f"{table}: {column} does not accept {choice!r}"
        if _accepts(database, table, column, _NAME):
            yield f"{table}: {column} accepts any text, not only {sorted(choices)}"
    if _accepts(database, "change_log", "payload", "{"):
        yield "change_log: payload accepts text that is not JSON"


def _accepts(database: Database, table: str, column: str, value: str) -> bool:
    """Tells whether a row with the value may be inserted; it is taken back at once."""
    fresh: dict[str, Any] = {}
    if table != "change_log":
        fresh[schema.TABLES[table].key[-1]] = _NAME + "choice"
    if table == "sessions":
        fresh["num"] = -3
    database.execute("SAVEPOINT choice")
    try:
        database.execute(_insert(table, **(fresh | {column: value})))
    except sqlite3.IntegrityError:
        return False
    finally:
        database.execute("ROLLBACK TO choice")
        database.execute("RELEASE choice")
    return True
