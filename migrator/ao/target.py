"""`ao.db`, schema 12: whether it is there, free and as expected, and what it holds.

Tables, triggers and the version table are those of `backend/internal/storage/sqlite/migrations/0001`-`0012`.
"""

import json
import os
import sqlite3

from migrator import database, files
from migrator.ao.places import Places
from migrator.ao.plan import Picture
from migrator.database import of_one_name
from migrator.outcome import Refusal

VERSION = 12
COLUMNS = {
    "projects": "id path repo_origin_url display_name registered_at archived_at config kind",
    "sessions": "id project_id num issue_id kind harness activity_state activity_last_at is_terminated branch "
    "workspace_path runtime_handle_id agent_session_id prompt created_at updated_at display_name first_signal_at",
    "change_log": "seq project_id session_id event_type payload created_at",
}
TRIGGER = "sessions_cdc_insert"
REPAIR = "Restore it from a backup."


def there(places: Places) -> None:
    """The database is a file in a sensible place. Raises Refusal."""
    path = places.database
    if files.inside(places.data, places.root):
        raise Refusal(
            "DATA_DIR_SUSPECT",
            f"The data folder {places.data} lies inside the legacy {places.root}; an agent of the legacy tool sets "
            "AO_DATA_DIR so. Unset it, or name the new system's folder with --data-dir.",
        )
    if not os.path.lexists(path):
        message = f"{path} does not exist. Start the new daemon once, stop it, run again."
        raise Refusal("DB_MISSING", message)
    if os.path.islink(path) or not os.path.isfile(path):
        message = f"{path} is not a regular file. Name its real folder with --data-dir."
        raise Refusal("DB_INVALID", message)
    of_one_name(path)
    if not os.access(path, os.R_OK | os.W_OK) or not os.access(os.path.dirname(path), os.R_OK | os.W_OK):
        raise Refusal("DB_INVALID", f"{path} or its folder may not be read and written by this user.")


def no_daemon(run_file: str) -> None:
    """No process lives that the run file names; a file left by a dead one is stale. Raises Refusal."""
    try:
        value = json.loads(files.read(run_file, 1 << 16)[0])
        pid = value.get("pid") if isinstance(value, dict) else None
        if not isinstance(pid, int) or isinstance(pid, bool) or pid <= 0:
            return
        os.kill(pid, 0)
    except (OSError, ValueError, OverflowError, RecursionError) as error:
        if not isinstance(error, PermissionError) or error.filename:  # a process of another user is alive
            return
    raise Refusal("DAEMON_RUNNING", f"The daemon runs (process {pid}, {run_file}). Stop it and run again.")


def picture(connection: sqlite3.Connection) -> Picture:
    """What a sound database of schema 12 holds, to be asked while the connection is open. Raises Refusal."""
    try:  # the triggers need these
        connection.execute("SELECT json_object('a', json('true')), json_valid('{}')")
    except sqlite3.OperationalError as error:
        raise Refusal("SQLITE_UNAVAILABLE", f"This Python's SQLite lacks JSON functions: {error}.") from error
    if problems := database.sound(connection):
        raise Refusal("DB_INVALID", f"The database is damaged: {problems[0]}. {REPAIR}")
    _version(connection)
    for table, columns in COLUMNS.items():
        has = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        if lacking := [column for column in columns.split() if column not in has]:
            raise Refusal("DB_INVALID", f"Schema 12 is recorded, but {table} lacks {', '.join(lacking)}.")
    named = connection.execute("SELECT 1 FROM sqlite_master WHERE type='trigger' AND name=?", (TRIGGER,))
    if not named.fetchone():
        raise Refusal("DB_INVALID", f"Schema 12 is recorded, but the trigger {TRIGGER} is missing.")
    found = Picture(connection)
    for key, path, config in connection.execute(
        "SELECT id, CAST(path AS TEXT), CAST(config AS TEXT) FROM projects"
    ):
        found.projects[key], found.prefixes[key] = path, _prefix(config)
    return found


def _prefix(config: str | None) -> str:
    """The session prefix that a project's row names; empty where it names none."""
    try:
        value = json.loads(config or "{}")
    except (ValueError, RecursionError):
        return ""
    prefix = value.get("sessionPrefix") if isinstance(value, dict) else None
    return prefix if isinstance(prefix, str) else ""


def _version(connection: sqlite3.Connection) -> None:
    """Every step from 1 to 12 is applied and none beyond; goose keeps a row for each step up or down."""
    try:
        query = "SELECT version_id, is_applied FROM goose_db_version ORDER BY id"
        rows = dict(connection.execute(query).fetchall())
    except sqlite3.OperationalError:
        rows = {}
    applied = {version for version, done in rows.items() if done and version}
    found, gaps = max(applied, default=0), set(range(1, VERSION)) - applied
    if found != VERSION:
        side = "newer" if found > VERSION else "older"
        message = f"The database has schema {found}, {side} than the {VERSION} that this needs."
        raise Refusal("SCHEMA_MISMATCH", message)
    if gaps:
        message = f"The database says schema {VERSION}, but step {min(gaps)} was never applied."
        raise Refusal("SCHEMA_MISMATCH", message)
