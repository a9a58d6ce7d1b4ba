"""The databases that may lie at ``sessions.db``: ours step by step, and those of upstream's other lineages.

Ours is RenTonoduka/AIT42-Editor at a6ae53f (`migrations/*.sql`) with wider checks and two tables more; B is that
repository at f409f90, C its crate `ait42-session`, D the one its `API_DESIGN.md` describes.
"""

from __future__ import annotations


def _one_of(column: str, *values: str) -> str:
    return f"CHECK ({column} IN ({', '.join(repr(value) for value in values)}))"


def _tables(types: tuple[str, ...], statuses: tuple[str, ...], content: str) -> str:
    return f"""
CREATE TABLE sessions (
  id TEXT PRIMARY KEY NOT NULL, workspace_path TEXT NOT NULL, type TEXT NOT NULL {_one_of("type", *types)},
  task TEXT NOT NULL,
  status TEXT NOT NULL {_one_of("status", "running", "completed", "failed", "paused")},
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL, completed_at TEXT, model TEXT,
  timeout_seconds INTEGER CHECK (timeout_seconds IS NULL OR timeout_seconds > 0),
  preserve_worktrees INTEGER DEFAULT 0 CHECK (preserve_worktrees IN (0, 1)), winner_id INTEGER, runtime_mix TEXT,
  total_duration INTEGER CHECK (total_duration IS NULL OR total_duration >= 0), total_files_changed INTEGER,
  total_lines_added INTEGER, total_lines_deleted INTEGER, instance_count INTEGER DEFAULT 0,
  message_count INTEGER DEFAULT 0);
CREATE TABLE instances (
  id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  instance_id INTEGER NOT NULL, worktree_path TEXT NOT NULL, branch TEXT NOT NULL, agent_name TEXT NOT NULL,
  status TEXT NOT NULL {_one_of("status", *statuses)}, tmux_session_id TEXT NOT NULL, output TEXT, start_time TEXT,
  end_time TEXT, files_changed INTEGER, lines_added INTEGER, lines_deleted INTEGER,
  runtime TEXT CHECK (runtime IS NULL OR runtime IN ('claude', 'gemini', 'codex')), model TEXT, runtime_label TEXT,
  UNIQUE (session_id, instance_id));
CREATE TABLE chat_messages (
  id TEXT PRIMARY KEY NOT NULL, session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  instance_id_ref INTEGER REFERENCES instances (id) ON DELETE SET NULL,
  role TEXT NOT NULL {_one_of("role", "user", "assistant", "system")},
  content TEXT NOT NULL{content}, timestamp TEXT NOT NULL);
"""


TABLES = (
    _tables(
        ("competition", "ensemble", "debate", "integration"),
        ("idle", "running", "completed", "failed", "paused", "archived", "timeout"),
        "",
    )
    + """
CREATE TABLE migration_issues (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, entity TEXT NOT NULL, entity_id TEXT NOT NULL, field TEXT NOT NULL,
  original TEXT, stored TEXT, reason TEXT NOT NULL, UNIQUE (source, entity, entity_id, field, reason));
CREATE TABLE schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL);
"""
)

INDEXES = """
CREATE INDEX idx_sessions_workspace ON sessions (workspace_path);
CREATE INDEX idx_sessions_type ON sessions (type);
CREATE INDEX idx_sessions_status ON sessions (status);
CREATE INDEX idx_sessions_created ON sessions (created_at DESC);
CREATE INDEX idx_sessions_workspace_status ON sessions (workspace_path, status);
CREATE INDEX idx_sessions_workspace_created ON sessions (workspace_path, created_at DESC);
CREATE INDEX idx_instances_session ON instances (session_id);
CREATE INDEX idx_instances_status ON instances (status);
CREATE INDEX idx_instances_session_instance ON instances (session_id, instance_id);
CREATE INDEX idx_instances_tmux ON instances (tmux_session_id);
CREATE INDEX idx_messages_session ON chat_messages (session_id);
CREATE INDEX idx_messages_timestamp ON chat_messages (timestamp);
CREATE INDEX idx_messages_session_timestamp ON chat_messages (session_id, timestamp);
"""


def _count(name: str, table: str, column: str) -> str:
    return "".join(
        f"CREATE TRIGGER {name}_{event} AFTER {event.upper()} ON {table} BEGIN UPDATE sessions "  # noqa: S608
        f"SET {column} = {column} {sign} 1 WHERE id = {row}.session_id; END;\n"
        for event, row, sign in (("insert", "NEW", "+"), ("delete", "OLD", "-"))
    )


_INTO_SEARCH = "INSERT INTO sessions_fts (rowid, task) VALUES (NEW.rowid, NEW.task);"
_OUT_OF_SEARCH = (
    "INSERT INTO sessions_fts (sessions_fts, rowid, task) VALUES ('delete', OLD.rowid, OLD.task);"
)

SEARCH = f"""
CREATE VIRTUAL TABLE sessions_fts USING fts5 (task, content = 'sessions', content_rowid = 'rowid');
{_count("update_instance_count", "instances", "instance_count")}
{_count("update_message_count", "chat_messages", "message_count")}
CREATE TRIGGER sessions_fts_insert AFTER INSERT ON sessions BEGIN {_INTO_SEARCH} END;
CREATE TRIGGER sessions_fts_delete AFTER DELETE ON sessions BEGIN {_OUT_OF_SEARCH} END;
CREATE TRIGGER sessions_fts_update AFTER UPDATE ON sessions BEGIN {_OUT_OF_SEARCH} {_INTO_SEARCH} END;
"""

STEPS = {"tables": TABLES, "indexes": INDEXES, "search": SEARCH}
"""The steps of our own schema, by name, in order."""

LINEAGE_A = (
    _tables(
        ("competition", "ensemble", "debate"),
        ("running", "completed", "failed", "timeout"),
        " CHECK (length(content) <= 10000)",
    )
    + INDEXES
    + SEARCH
)
LINEAGE_B = """
CREATE TABLE workspaces (hash TEXT PRIMARY KEY, path TEXT NOT NULL, last_accessed TEXT);
CREATE TABLE sessions (
  id TEXT PRIMARY KEY, workspace_hash TEXT NOT NULL REFERENCES workspaces (hash), session_type TEXT NOT NULL,
  task TEXT NOT NULL, status TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE chat_messages (
  id TEXT PRIMARY KEY, session_id TEXT NOT NULL REFERENCES sessions (id), instance_id INTEGER, role TEXT NOT NULL,
  content TEXT NOT NULL, timestamp TEXT NOT NULL);
INSERT INTO workspaces VALUES ('9dad1e4e08b0b11c', '/home/user/project', NULL);
"""
LINEAGE_C = """
CREATE TABLE workspaces (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
CREATE TABLE sessions (
  id TEXT PRIMARY KEY CHECK (length(id) > 0), workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
  task TEXT NOT NULL CHECK (length(task) > 0), status TEXT NOT NULL, created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL);
CREATE TABLE migration_metadata (
  id INTEGER PRIMARY KEY CHECK (id = 1), schema_version INTEGER NOT NULL, migrated_at TEXT, json_backup_path TEXT,
  migration_status TEXT NOT NULL CHECK (migration_status IN ('pending', 'in_progress', 'completed', 'failed')));
INSERT INTO migration_metadata VALUES (1, 1, NULL, NULL, 'completed');
"""
LINEAGE_D = """
CREATE TABLE workspaces (id INTEGER PRIMARY KEY, path TEXT NOT NULL) STRICT;
CREATE TABLE sessions (
  id TEXT PRIMARY KEY, workspace_id INTEGER NOT NULL REFERENCES workspaces (id), task TEXT NOT NULL) STRICT;
CREATE TABLE session_runtime_mix (session_id TEXT NOT NULL REFERENCES sessions (id), runtime TEXT NOT NULL) STRICT;
"""
FOREIGN = {"lineage-a": LINEAGE_A, "lineage-b": LINEAGE_B, "lineage-c": LINEAGE_C, "lineage-d": LINEAGE_D}
"""The schemas that are not ours."""
