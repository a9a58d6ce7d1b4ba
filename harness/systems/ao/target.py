"""Databases of the rewrite as bytes, deterministic for one SQLite library; nothing here touches the disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Literal

from sqlite_utils import Database

from harness.systems.ao import schema
from harness.systems.ao.model import Project, TargetState
from harness.wal import PAGE, write_ahead_log

Goose = Literal["full", "no-zero"]
Fill = Callable[[Database], None]

_STARTED = "2026-06-16 07:05:41"  # when goose ran: a constant, as datetime('now') would differ each time


def empty_database(
    *,
    journal: Literal["wal", "delete"] = "wal",
    goose: Goose = "full",
    version: int = 12,
    gap: int | None = None,
) -> bytes:
    """Returns an empty database whose version table ends at `version`.

    `goose` "no-zero" leaves out the row of version 0, as in databases that the first migration tool created; `gap`
    leaves out that version.  From version 13 on, the columns of later releases are there too.
    """
    with closing(_built(version, goose, gap)) as connection:
        return _image(connection, wal=journal == "wal")


def used_database(fill: Fill, *, journal: Literal["wal", "delete"] = "wal") -> bytes:
    """Returns a version 12 database after `fill` added rows through the triggers."""
    with closing(_built(12, "full", None)) as connection:
        _filled(connection, fill)
        return _image(connection, wal=journal == "wal")


def pending_database(fill: Fill | None, *, version: int = 12, gap: int | None = None) -> tuple[bytes, bytes]:
    """Returns (main file, ``-wal`` file) of a daemon that was killed before its first checkpoint.

    With `fill`, the main file holds the empty schema and the rows are only in the log; without, even the schema is.
    """
    with closing(_built(version, "full", gap)) as connection:
        before = _image(connection, wal=True) if fill else _blank()
        if fill:
            _filled(connection, fill)
        return before, write_ahead_log(before, _image(connection, wal=True))


def database_files(state: TargetState, root: str, first: Project | None) -> dict[str, bytes]:
    """Returns what lies in the data directory: file name → content; empty when the database is missing.

    `first` is the legacy project that a "shared" target already knows, with its first session.
    """
    if state.kind == "missing":
        return {}
    if state.kind == "empty":
        return {"ao.db": b""}
    if state.kind == "not-a-database":
        return {"ao.db": b"ao.db moved to the new laptop, see the notes there\n" * 40}
    version = {"newer": 19, "older": 11}.get(state.kind, 12)
    gap = 7 if state.kind == "gap" else None
    fill = _fill_for(state, root, first)
    if state.journal == "wal-pending":
        main, log = pending_database(fill, version=version, gap=gap)
        return {"ao.db": main, "ao.db-wal": log}
    if fill:
        return {"ao.db": used_database(fill, journal=state.journal)}
    return {"ao.db": empty_database(journal=state.journal, version=version, gap=gap)}


def _fill_for(state: TargetState, root: str, first: Project | None) -> Fill | None:
    if state.kind not in {"used", "shared"}:
        return None

    def fill(database: Database) -> None:
        add_rewrite_rows(database, root)
        if state.kind == "shared" and first is not None:
            add_shared_rows(database, root, first)

    return fill


def add_rewrite_rows(database: Database, root: str) -> None:
    """Adds what a user of the rewrite has: a project with three sessions, a pull request and what hangs on it."""
    project = {
        "id": "storefront", "path": f"{root}/rewrite/storefront", "display_name": "Storefront",
        "repo_origin_url": "git@example.org:shop/storefront.git", "registered_at": _go_time(0),
        "config": '{"sessionPrefix":"storefront","agentConfig":{},"worker":{},"orchestrator":{}}',
    }  # fmt: skip
    database.table("projects").insert(project)
    rows = [
        {
            "id": f"storefront-{num}", "project_id": "storefront", "num": num, "harness": harness,
            "kind": kind, "activity_state": activity, "activity_last_at": _go_time(60 + num), "branch": f"ao/{num}",
            "workspace_path": f"{root}/.ao/data/worktrees/storefront/storefront-{num}", "is_terminated": ended,
            "runtime_handle_id": f"storefront-{num}", "prompt": "Tidy the checkout", "created_at": _go_time(num),
            "updated_at": _go_time(60 + num), "agent_session_id": "", "first_signal_at": None,
        }
        for num, harness, kind, activity, ended in (
            (0, "claude-code", "orchestrator", "active", 0),
            (1, "codex", "worker", "exited", 1),
            (7, "claude-code", "worker", "waiting_input", 0),
        )
    ]  # fmt: skip
    database.table("sessions").insert_all(rows)
    database.table("sessions").update(
        "storefront-7", {"first_signal_at": _go_time(70), "updated_at": _go_time(70)}
    )
    _add_pull_request(database)


def _add_pull_request(database: Database) -> None:
    url = "https://example.org/shop/storefront/pull/3"
    database.table("pr").insert({
        "url": url, "session_id": "storefront-7", "number": 3, "updated_at": _go_time(80), "title": "Tidy",
        "observed_at": _go_time(80),
    })  # fmt: skip
    database.table("pr_checks").insert({
        "pr_url": url, "name": "build", "commit_hash": "c0ffee", "status": "passed", "created_at": _go_time(81),
    })  # fmt: skip
    database.table("pr_review_threads").insert(
        {"pr_url": url, "thread_id": "t1", "path": "a.py", "updated_at": _go_time(82)}
    )
    database.table("notifications").insert({
        "id": "n-1", "session_id": "storefront-7", "project_id": "storefront", "type": "needs_input",
        "title": "storefront-7 waits", "created_at": _go_time(83),
    })  # fmt: skip


def add_shared_rows(database: Database, root: str, project: Project) -> None:
    """Adds a legacy project that is already known to the rewrite, with sessions that clash with those of the legacy one.

    The first has its legacy id; the second's id belongs to another project; the next two find their number taken.
    Every other one of these has ended there.
    """
    database.table("projects").insert({
        "id": project.id, "path": f"{root}/{project.path}", "display_name": "added by hand",
        "registered_at": _go_time(90), "config": None,
    })  # fmt: skip
    rows = [(session.id, project.id, 4_001) for session in project.sessions[:1]]
    rows += [(session.id, "storefront", 4_002) for session in project.sessions[1:2]]
    for session in project.sessions[2:4]:
        number = session.id.rpartition("-")[2]
        if number.isdecimal() and number.isascii() and len(number) < 16:
            rows.append((f"added-{number}", project.id, int(number)))
    for place, (identity, owner, num) in enumerate(dict.fromkeys(rows)):
        ended = place % 2  # what has ended keeps its id and its number
        database.table("sessions").insert({
            "id": identity, "project_id": owner, "num": num, "harness": "", "branch": "added/by-hand",
            "is_terminated": ended, "activity_state": "exited" if ended else "idle",
            "activity_last_at": _go_time(91), "created_at": _go_time(91), "updated_at": _go_time(91),
        })  # fmt: skip


def _go_time(minutes: int) -> str:
    """Returns an instant as the rewrite's driver writes it, the given minutes after its first start."""
    hours, minute = divmod(7 * 60 + 6 + minutes, 60)
    return f"2026-06-16 {hours:02}:{minute:02}:00.123 +0000 UTC"


def _built(version: int, goose: Goose, gap: int | None) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute(f"PRAGMA page_size = {PAGE}")
    connection.executescript(f"BEGIN; {schema.TABLES} {schema.INDEXES} {schema.TRIGGERS} COMMIT;")
    if version > 12:
        connection.executescript(schema.NEWER)
    versions = [n for n in range(0 if goose == "full" else 1, version + 1) if n != gap]
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO goose_db_version (version_id, is_applied, tstamp) VALUES (?, 1, ?)",
        [(number, _STARTED) for number in versions],
    )
    # A step rebuilds change_log by copying its (no) rows, which leaves this row behind.
    connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('change_log', 0)")
    connection.execute("COMMIT")
    return connection


def _filled(connection: sqlite3.Connection, fill: Fill) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    fill(Database(connection, execute_plugins=False))


def _blank() -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(f"PRAGMA page_size = {PAGE}; CREATE TABLE t (x); DROP TABLE t; VACUUM;")
        return _image(connection, wal=True)


def _image(connection: sqlite3.Connection, *, wal: bool) -> bytes:
    image = bytearray(connection.serialize())
    image[18:20] = b"\x02\x02" if wal else b"\x01\x01"
    return bytes(image)
