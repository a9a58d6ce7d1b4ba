"""What the rewrite's daemon may do to its rows after a migration, each a change in SQL.

A session that it did not start has no runtime handle; that is how it is told which ones were migrated.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from harness.systems.ao import schema
from harness.systems.ao.daemon import WHEN, Change

_MIGRATED = "FROM sessions WHERE runtime_handle_id = '' ORDER BY id DESC LIMIT 1"
_NOT_UTF8 = b"build \xff\xfe failed\nlast line"


def start_session(connection: sqlite3.Connection) -> bool:
    """The daemon starts a session in a project: one that was migrated, if there is one."""
    found = connection.execute(f"SELECT project_id {_MIGRATED}").fetchone()
    project = found[0] if found else connection.execute("SELECT max(id) FROM projects").fetchone()[0]
    if project is None:
        return False
    highest = "SELECT coalesce(max(num), 0) + 1 FROM sessions WHERE project_id = ?"
    (num,) = connection.execute(highest, [project]).fetchone()
    _session(connection, f"{project}-{num}-new", project, num)
    return True


def own_project(root: str) -> Change:
    """Returns the change by which the daemon gains a project of its own, with two sessions and a pull request."""

    def change(connection: sqlite3.Connection) -> bool:
        (count,) = connection.execute("SELECT count(*) FROM projects WHERE id LIKE 'own-%'").fetchone()
        project = f"own-{count + 1}"
        own = {"id": project, "path": f"{root}/rewrite/{project}", "registered_at": WHEN, "config": "{}"}
        _insert(connection, "projects", own)
        for num in (1, 2):
            _session(connection, f"{project}-{num}", project, num)
        _pull_request(connection, f"{project}-1", project)
        return True

    return change


def change_rows(connection: sqlite3.Connection) -> bool:
    """A migrated session becomes active, gives its first signal and gets a name; its project is configured anew."""
    found = connection.execute(f"SELECT id, project_id {_MIGRATED}").fetchone()
    if found is None:
        return False
    connection.execute(
        "UPDATE sessions SET activity_state = CASE activity_state WHEN 'active' THEN 'waiting_input' ELSE 'active' END,"
        " activity_last_at = ?, updated_at = ?, first_signal_at = ?, display_name = display_name || ' (renamed)'"
        " WHERE id = ?",
        [WHEN, WHEN, WHEN, found[0]],
    )
    connection.execute(
        "UPDATE projects SET config = json_set(iif(json_valid(config), config, '{}'), '$.defaultBranch', 'trunk'),"
        " display_name = display_name || ' (mine)' WHERE id = ?",
        [found[1]],
    )
    return True


def change_older_rows(connection: sqlite3.Connection) -> bool:
    """What the daemon itself had begun goes on: its sessions are active, its projects renamed, a notice is gone."""
    own = "runtime_handle_id <> ''"
    changed = connection.execute(
        f"UPDATE sessions SET activity_state = CASE activity_state WHEN 'active' THEN 'blocked' ELSE 'active' END,"  # noqa: S608 - constants
        f" updated_at = ? WHERE {own}",
        [WHEN],
    ).rowcount
    connection.execute(
        f"UPDATE projects SET display_name = display_name || '!' WHERE id IN (SELECT project_id FROM sessions WHERE {own})"  # noqa: S608 - constants
    )
    connection.execute("DELETE FROM notifications WHERE id = (SELECT min(id) FROM notifications)")
    return changed > 0


def open_pull_request(connection: sqlite3.Connection) -> bool:
    """A migrated session opens a pull request, with all that a daemon hangs on one, some of it not UTF-8."""
    found = connection.execute(f"SELECT id, project_id {_MIGRATED}").fetchone()
    if found is None:
        return False
    _pull_request(connection, *found)
    return True


def delete_session(connection: sqlite3.Connection) -> bool:
    """A migrated session is deleted, with all that hangs on it."""
    found = connection.execute(f"SELECT id {_MIGRATED}").fetchone()
    if found is None:
        return False
    connection.execute("DELETE FROM change_log WHERE session_id = ?", found)
    return connection.execute("DELETE FROM sessions WHERE id = ?", found).rowcount > 0


def upgrade(connection: sqlite3.Connection) -> bool:
    """A newer daemon has taken the database to version 13."""
    (version,) = connection.execute("SELECT max(version_id) FROM goose_db_version").fetchone()
    if version != 12:
        return False
    connection.execute(schema.NEWER.strip().split(";")[0])
    row = {"version_id": 13, "is_applied": 1, "tstamp": "2026-06-20 08:29:59"}
    _insert(connection, "goose_db_version", row)
    return True


def alter_row(connection: sqlite3.Connection) -> bool:
    """A migrated session, or where there is none a project, is not what it was."""
    session = connection.execute(
        f"UPDATE sessions SET branch = branch || '-other' WHERE id = (SELECT id {_MIGRATED})"  # noqa: S608 - constants
    )
    if session.rowcount:
        return True
    project = connection.execute(
        "UPDATE projects SET path = path || '/other' WHERE rowid = (SELECT max(rowid) FROM projects)"
    )
    return bool(project.rowcount)


def _session(connection: sqlite3.Connection, name: str, project: str, num: int) -> None:
    row = {"id": name, "project_id": project, "num": num, "harness": "codex", "runtime_handle_id": name}
    _insert(connection, "sessions", row | {"activity_last_at": WHEN, "created_at": WHEN, "updated_at": WHEN})


def _pull_request(connection: sqlite3.Connection, session: str, project: str) -> None:
    """Adds a pull request and a row of every table that may hang on one, or on its session."""
    (number,) = connection.execute("SELECT count(*) + 1 FROM pr").fetchone()
    url, notice = f"https://example.org/pull/{number}", f"notice-{number}"
    of = {"session_id": session, "project_id": project}
    made = {"created_at": WHEN}
    pull = {"url": url, "session_id": session, "number": number, "updated_at": WHEN, "additions": 1.5}
    _insert(connection, "pr", pull)
    check = {"pr_url": url, "name": "build", "commit_hash": "c0ffee", "status": "failed"}
    _insert(connection, "pr_checks", check | made)
    connection.execute("UPDATE pr_checks SET log_tail = CAST(? AS TEXT) WHERE pr_url = ?", [_NOT_UTF8, url])
    comment = {
        "pr_url": url,
        "comment_id": "c-1",
        "author": "山田 \u2028",
        "body": _NOT_UTF8,
        "line": 2**53 + 1,
    }
    _insert(connection, "pr_comment", comment | made)
    thread = {"pr_url": url, "thread_id": "t-1", "path": 'a "quoted"\n.py', "updated_at": WHEN}
    _insert(connection, "pr_review_threads", thread)
    _insert(
        connection,
        "notifications",
        of | made | {"id": notice, "type": "needs_input", "title": "", "pr_url": url},
    )
    (reviewed,) = connection.execute("SELECT count(*) FROM review WHERE session_id = ?", [session]).fetchone()
    if not reviewed:
        review = {"id": f"review-{number}", "harness": "codex", "updated_at": WHEN}
        _insert(connection, "review", of | made | review)
        run = {"id": f"run-{number}", "review_id": review["id"], "session_id": session, "harness": "codex"}
        _insert(connection, "review_run", run | made)
    tree = {
        "session_id": session,
        "repo_name": f"repo-{number}",
        "branch": "b",
        "base_sha": "0",
        "worktree_path": "/w",
    }
    _insert(connection, "session_worktrees", tree)


def _insert(connection: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> None:
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))  # noqa: S608 - constants
