"""What the facts say of our own schema: lineage A of the editor's SQLite work, with wider checks and two tables more."""

from __future__ import annotations

from dataclasses import dataclass

STEPS = {1: "tables", 2: "indexes", 3: "search"}
VERSION = max(STEPS)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: declared type, whether NULL is refused, and its place in the primary key (0: none)."""

    type: str
    not_null: bool = False
    key: int = 0


def _columns(needed: str, free: str, **types: str) -> dict[str, Column]:
    return {name: Column(types.get(name, "TEXT"), not_null=True) for name in needed.split()} | {
        name: Column(types.get(name, "TEXT")) for name in free.split()
    }


def _numbers(names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), "INTEGER")


TABLES: dict[str, dict[str, Column]] = {
    "sessions": {
        "id": Column("TEXT", not_null=True, key=1),
        **_columns(
            "workspace_path type task status created_at updated_at",
            "completed_at model timeout_seconds preserve_worktrees winner_id runtime_mix total_duration "
            "total_files_changed total_lines_added total_lines_deleted instance_count message_count",
            **_numbers(
                "timeout_seconds preserve_worktrees winner_id total_duration total_files_changed "
                "total_lines_added total_lines_deleted instance_count message_count"
            ),
        ),
    },
    "instances": {
        "id": Column("INTEGER", key=1),
        **_columns(
            "session_id instance_id worktree_path branch agent_name status tmux_session_id",
            "output start_time end_time files_changed lines_added lines_deleted runtime model runtime_label",
            **_numbers("instance_id files_changed lines_added lines_deleted"),
        ),
    },
    "chat_messages": {
        "id": Column("TEXT", not_null=True, key=1),
        **_columns("session_id role content timestamp", "instance_id_ref", instance_id_ref="INTEGER"),
    },
    "migration_issues": {
        "id": Column("INTEGER", key=1),
        **_columns("source entity entity_id field reason", "original stored"),
    },
    "schema_version": {"version": Column("INTEGER", key=1), **_columns("name applied_at", "")},
}

INDEXES: dict[str, tuple[tuple[tuple[str, bool], ...], ...]] = {
    "sessions": (
        (("workspace_path", False),),
        (("type", False),),
        (("status", False),),
        (("created_at", True),),
        (("workspace_path", False), ("status", False)),
        (("workspace_path", False), ("created_at", True)),
    ),
    "instances": (
        (("session_id", False),),
        (("status", False),),
        (("session_id", False), ("instance_id", False)),
        (("tmux_session_id", False),),
    ),
    "chat_messages": (
        (("session_id", False),),
        (("timestamp", False),),
        (("session_id", False), ("timestamp", False)),
    ),
}
"""For each table the 13 indexes: columns, each with whether it is descending."""

TRIGGERS = {
    "update_instance_count_insert": "instances",
    "update_instance_count_delete": "instances",
    "update_message_count_insert": "chat_messages",
    "update_message_count_delete": "chat_messages",
    "sessions_fts_insert": "sessions",
    "sessions_fts_delete": "sessions",
    "sessions_fts_update": "sessions",
}

CHOICES = {
    ("sessions", "type"): frozenset({"competition", "ensemble", "debate", "integration"}),
    ("sessions", "status"): frozenset({"running", "completed", "failed", "paused"}),
    ("instances", "status"): frozenset(
        {"idle", "running", "completed", "failed", "paused", "archived", "timeout"}
    ),
    ("instances", "runtime"): frozenset({"claude", "gemini", "codex"}),
    ("chat_messages", "role"): frozenset({"user", "assistant", "system"}),
}
"""The columns that accept these texts only."""

CHECKED = {
    ("sessions", "timeout_seconds"): (1, 0),
    ("sessions", "preserve_worktrees"): (1, 2),
    ("sessions", "total_duration"): (0, -1),
}
"""The columns with a check on a number: a value that must be accepted, and one that must not."""

REFERENCES = {
    ("instances", "session_id"): ("sessions", "id", "CASCADE"),
    ("chat_messages", "session_id"): ("sessions", "id", "CASCADE"),
    ("chat_messages", "instance_id_ref"): ("instances", "id", "SET NULL"),
}
"""The foreign keys: table and column they lead to, and what a deletion there does."""
