"""`sessions.db`: its three versioned steps, and whether a database that is already there is ours.

The tables are those of the first published design (AIT42-Editor a6ae53f, `migrations/`), with wider CHECKs and no
limit on a message's length, since the legacy files hold what the narrow ones refuse.
"""

import contextlib
import sqlite3
from datetime import datetime

from migrator import database
from migrator.outcome import Refusal

VERSION = 3
TYPES = ("competition", "ensemble", "debate", "integration")
STATUSES = ("running", "completed", "failed", "paused")
INSTANCE_STATUSES = ("idle", "running", "completed", "failed", "paused", "archived", "timeout")
RUNTIMES = ("claude", "gemini", "codex")
ROLES = ("user", "assistant", "system")

SESSION = [
    "id",
    "workspace_path",
    "type",
    "task",
    "status",
    "created_at",
    "updated_at",
    "completed_at",
    "model",
    "timeout_seconds",
    "preserve_worktrees",
    "winner_id",
    "runtime_mix",
    "total_duration",
    "total_files_changed",
    "total_lines_added",
    "total_lines_deleted",
]
INSTANCE = [
    "instance_id",
    "worktree_path",
    "branch",
    "agent_name",
    "status",
    "tmux_session_id",
    "output",
    "start_time",
    "end_time",
    "files_changed",
    "lines_added",
    "lines_deleted",
    "runtime",
    "model",
    "runtime_label",
]
COLUMNS = {
    "sessions": {*SESSION, "instance_count", "message_count"},
    "instances": {"id", "session_id", *INSTANCE},
    "chat_messages": {"id", "session_id", "instance_id_ref", "role", "content", "timestamp"},
    "migration_issues": {"id", "source", "entity", "entity_id", "field", "original", "stored", "reason"},
}
TABLES = f"""
CREATE TABLE sessions (id TEXT PRIMARY KEY NOT NULL, workspace_path TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN {TYPES}), task TEXT NOT NULL, status TEXT NOT NULL CHECK (status IN {STATUSES}),
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL, completed_at TEXT, model TEXT,
  timeout_seconds INTEGER CHECK (timeout_seconds IS NULL OR timeout_seconds > 0),
  preserve_worktrees INTEGER DEFAULT 0 CHECK (preserve_worktrees IN (0, 1)), winner_id INTEGER, runtime_mix TEXT,
  total_duration INTEGER CHECK (total_duration IS NULL OR total_duration >= 0), total_files_changed INTEGER,
  total_lines_added INTEGER, total_lines_deleted INTEGER, instance_count INTEGER DEFAULT 0,
  message_count INTEGER DEFAULT 0);
CREATE TABLE instances (id INTEGER PRIMARY KEY AUTOINCREMENT,
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, instance_id INTEGER NOT NULL,
  worktree_path TEXT NOT NULL, branch TEXT NOT NULL, agent_name TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN {INSTANCE_STATUSES}), tmux_session_id TEXT NOT NULL, output TEXT,
  start_time TEXT, end_time TEXT, files_changed INTEGER, lines_added INTEGER, lines_deleted INTEGER,
  runtime TEXT CHECK (runtime IS NULL OR runtime IN {RUNTIMES}), model TEXT, runtime_label TEXT,
  UNIQUE (session_id, instance_id));
CREATE TABLE chat_messages (id TEXT PRIMARY KEY NOT NULL,
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  instance_id_ref INTEGER REFERENCES instances (id) ON DELETE SET NULL,
  role TEXT NOT NULL CHECK (role IN {ROLES}), content TEXT NOT NULL, timestamp TEXT NOT NULL);
CREATE TABLE migration_issues (id INTEGER PRIMARY KEY, source TEXT NOT NULL, entity TEXT NOT NULL,
  entity_id TEXT NOT NULL, field TEXT NOT NULL, original TEXT, stored TEXT, reason TEXT NOT NULL,
  UNIQUE (source, entity, entity_id, field, reason))"""
INDEXES = """
CREATE INDEX idx_sessions_workspace_path ON sessions (workspace_path);
CREATE INDEX idx_sessions_type ON sessions (type);
CREATE INDEX idx_sessions_status ON sessions (status);
CREATE INDEX idx_sessions_created_at ON sessions (created_at DESC);
CREATE INDEX idx_sessions_workspace_status ON sessions (workspace_path, status);
CREATE INDEX idx_sessions_workspace_created ON sessions (workspace_path, created_at DESC);
CREATE INDEX idx_instances_session_id ON instances (session_id);
CREATE INDEX idx_instances_status ON instances (status);
CREATE INDEX idx_instances_session_instance ON instances (session_id, instance_id);
CREATE INDEX idx_instances_tmux ON instances (tmux_session_id);
CREATE INDEX idx_chat_messages_session_id ON chat_messages (session_id);
CREATE INDEX idx_chat_messages_timestamp ON chat_messages (timestamp);
CREATE INDEX idx_chat_messages_session_time ON chat_messages (session_id, timestamp)"""
COUNTS = (("instance_count", "instances"), ("message_count", "chat_messages"))
FORGET = "INSERT INTO sessions_fts (sessions_fts, rowid, task) VALUES ('delete', OLD.rowid, OLD.task)"
ADD = "INSERT INTO sessions_fts (rowid, task) VALUES (NEW.rowid, NEW.task)"
TRIGGERS = {
    "sessions_fts_insert": f"AFTER INSERT ON sessions BEGIN {ADD}; END",
    "sessions_fts_delete": f"AFTER DELETE ON sessions BEGIN {FORGET}; END",
    "sessions_fts_update": f"AFTER UPDATE OF task ON sessions BEGIN {FORGET}; {ADD}; END",
    **{
        f"update_{count}_{what}": f"AFTER {what} ON {table} BEGIN UPDATE sessions SET {count} = {count} {change} "  # noqa: S608 - our own names
        f"WHERE id = {side}.session_id; END"
        for count, table in COUNTS
        for what, side, change in (("insert", "NEW", "+ 1"), ("delete", "OLD", "- 1"))
    },
}
RECOUNT = "; ".join(
    f"UPDATE sessions SET {count} = (SELECT count(*) FROM {table} WHERE session_id = sessions.id)"  # noqa: S608 - our own names
    for count, table in COUNTS
)
SEARCH = [
    "CREATE VIRTUAL TABLE sessions_fts USING fts5(task, content='sessions', content_rowid='rowid')",
    "INSERT INTO sessions_fts (sessions_fts) VALUES ('rebuild')",
    *(f"CREATE TRIGGER {name} {body}" for name, body in TRIGGERS.items()),
]
STEPS = {1: ("tables", TABLES.split(";")), 2: ("indexes", INDEXES.split(";")), 3: ("search", SEARCH)}
VERSIONS = (
    "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)"
)
FOREIGN = {"workspaces", "migration_metadata", "session_runtime_mix", "_sqlx_migrations"}  # of later designs
CHECK_SEARCH = "INSERT INTO sessions_fts (sessions_fts, rank) VALUES ('integrity-check', 1)"


def advance(
    connection: sqlite3.Connection, done: int, now: datetime, *, upto: int = VERSION, recount: bool
) -> None:
    """The steps after `done` are applied, each with its row in `schema_version`; the caller's transaction."""
    if not done:
        connection.execute(VERSIONS)
    for version in range(done + 1, upto + 1):
        name, statements = STEPS[version]
        if version == VERSION and recount:  # a database that had no triggers until now
            statements = [*RECOUNT.split(";"), *statements]
        for statement in statements:
            connection.execute(statement)
        row = (version, name, now.isoformat(timespec="seconds"))
        connection.execute("INSERT INTO schema_version VALUES (?, ?, ?)", row)


def version(connection: sqlite3.Connection) -> int:
    """The step that a sound database of ours is at; 0 when it holds no table. Raises Refusal."""
    try:
        tables = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        if not tables:
            return 0
        if problems := database.sound(connection):
            raise _broken(f"is damaged: {problems[0]}")
        columns = {
            table: {row[1] for row in connection.execute(f"PRAGMA table_info({table})")} for table in COLUMNS
        }
        found = _recorded(connection, tables, columns)
        if lacking := [t for t in COLUMNS if not columns[t] >= COLUMNS[t]]:
            raise _broken(f"records schema {found}, but {lacking[0]} lacks columns")
        triggers = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        }
        if found == VERSION and not (triggers >= set(TRIGGERS) and "sessions_fts" in tables):
            raise _broken("records schema 3, but its triggers or its search table are missing")
    except sqlite3.DatabaseError as error:
        raise _broken(f"cannot be read: {error}") from error
    return found


def _recorded(connection: sqlite3.Connection, tables: set[str], columns: dict[str, set[str]]) -> int:
    if tables & FOREIGN or not columns["sessions"].isdisjoint(
        {"workspace_hash", "session_type", "workspace_id"}
    ):
        raise Refusal(
            "SCHEMA_MISMATCH", "sessions.db was made by another version of the editor; move it away first."
        )
    if "schema_version" not in tables:
        raise _broken("is not one that this migrator made")
    try:
        versions = [
            row[0] for row in connection.execute("SELECT version FROM schema_version ORDER BY version")
        ]
    except sqlite3.OperationalError as error:
        raise _broken(f"has a strange schema_version: {error}") from error
    if any(isinstance(one, int) and one > VERSION for one in versions):
        raise Refusal(
            "SCHEMA_MISMATCH", f"sessions.db has schema {versions[-1]}, newer than the {VERSION} known here."
        )
    if not versions or versions != list(range(1, len(versions) + 1)):
        raise _broken(f"records the schema steps {versions}, which cannot be")
    return len(versions)


def _broken(what: str) -> Refusal:
    return Refusal(
        "DB_INVALID", f"sessions.db {what}. Restore it from a backup, or move it away, then run again."
    )


def usable() -> None:
    """Raises Refusal when this Python's SQLite cannot make such a database."""
    try:
        with contextlib.closing(sqlite3.connect(":memory:")) as tried:
            tried.execute("CREATE VIRTUAL TABLE tried USING fts5(text)")
    except sqlite3.OperationalError as error:
        raise Refusal("SQLITE_UNAVAILABLE", f"This Python's SQLite cannot search texts: {error}.") from error


def searchable(connection: sqlite3.Connection) -> bool:
    """Whether the search table agrees with the sessions."""
    try:
        connection.execute(CHECK_SEARCH)
    except sqlite3.DatabaseError:
        return False
    return True
