"""The rewrite's schema version 12 as data: what the migrations 0001 to 0012 leave behind.

Source: ``aoagents/ReverbCode:backend/internal/storage/sqlite/migrations`` at 43ae7eb.  Columns are written as
``name TYPE! =default``: ``!`` is NOT NULL; T is TEXT, I is INTEGER, TS is TIMESTAMP, B is BOOLEAN.
"""

from __future__ import annotations

from dataclasses import dataclass

VERSION = 12
VERSION_TABLE = "goose_db_version"

HARNESSES = frozenset(
    {
        "claude-code",
        "codex",
        "aider",
        "opencode",
        "grok",
        "droid",
        "amp",
        "agy",
        "crush",
        "cursor",
        "qwen",
        "copilot",
        "goose",
        "auggie",
        "continue",
        "devin",
        "cline",
        "kimi",
        "kiro",
        "kilocode",
        "vibe",
        "pi",
        "autohand",
    }
)
"""Agents that ``sessions.harness`` accepts besides the empty text."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column as ``PRAGMA table_info`` tells it."""

    name: str
    type: str
    notnull: bool
    default: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """One table: columns in order, primary key, other UNIQUE constraints, and foreign keys.

    A foreign key is (column, table, column there, ON DELETE action).
    """

    columns: tuple[Column, ...]
    key: tuple[str, ...]
    unique: frozenset[tuple[str, ...]] = frozenset()
    foreign: frozenset[tuple[str, str, str, str]] = frozenset()

    @property
    def timestamps(self) -> tuple[str, ...]:
        """Returns the names of the columns declared TIMESTAMP."""
        return tuple(column.name for column in self.columns if column.type == "TIMESTAMP")


@dataclass(frozen=True, slots=True)
class Index:
    """A named index: its table, columns (``x DESC`` for a falling one), uniqueness and WHERE clause."""

    table: str
    columns: tuple[str, ...]
    unique: bool = False
    where: str | None = None


_TYPES = {"T": "TEXT", "I": "INTEGER", "TS": "TIMESTAMP", "B": "BOOLEAN"}


def _columns(text: str) -> tuple[Column, ...]:
    columns = []
    for part in text.split(";"):
        words = part.split()
        kind, default = words[1], words[2].removeprefix("=") if len(words) > 2 else None
        columns.append(Column(words[0], _TYPES[kind.rstrip("!")], kind.endswith("!"), default))
    return tuple(columns)


def _table(
    columns: str, key: str, *, unique: tuple[tuple[str, ...], ...] = (), foreign: tuple[str, ...] = ()
) -> Table:
    """Returns a table; a foreign key is written ``column>table.column`` with ``!`` for ON DELETE CASCADE."""
    links = set()
    for text in foreign:
        column, _, target = text.rstrip("!").partition(">")
        table, _, there = target.partition(".")
        links.add((column, table, there, "CASCADE" if text.endswith("!") else "NO ACTION"))
    return Table(_columns(columns), tuple(key.split()), frozenset(unique), frozenset(links))


TABLES: dict[str, Table] = {
    "projects": _table(
        "id T; path T!; repo_origin_url T! =''; display_name T! =''; registered_at TS!; archived_at TS; config T;"
        "kind T! ='single_repo'",
        "id",
    ),
    "sessions": _table(
        "id T; project_id T!; num I!; issue_id T! =''; kind T! ='worker'; harness T! ='';"
        "activity_state T! ='idle'; activity_last_at TS!; is_terminated B! =FALSE; branch T! ='';"
        "workspace_path T! =''; runtime_handle_id T! =''; agent_session_id T! =''; prompt T! =''; created_at TS!;"
        "updated_at TS!; display_name T! =''; first_signal_at TS",
        "id",
        unique=(("project_id", "num"),),
        foreign=("project_id>projects.id",),
    ),
    "change_log": _table(
        "seq I; project_id T!; session_id T; event_type T!; payload T!; created_at TS! =datetime('now')",
        "seq",
        foreign=("project_id>projects.id", "session_id>sessions.id"),
    ),
    "pr": _table(
        "url T; session_id T!; number I! =0; pr_state T! ='open'; review_decision T! ='none';"
        "ci_state T! ='unknown'; mergeability T! ='unknown'; updated_at TS!; provider T! =''; host T! ='';"
        "repo T! =''; source_branch T! =''; target_branch T! =''; head_sha T! =''; title T! =''; additions I! =0;"
        "deletions I! =0; changed_files I! =0; author T! =''; base_sha T! =''; merge_commit_sha T! ='';"
        "is_draft I! =0; is_merged I! =0; is_closed I! =0; provider_state T! =''; provider_mergeable T! ='';"
        "provider_merge_state_status T! =''; html_url T! =''; created_at_provider TS; updated_at_provider TS;"
        "merged_at_provider TS; closed_at_provider TS; metadata_hash T! =''; ci_hash T! =''; review_hash T! ='';"
        "observed_at TS; ci_observed_at TS; review_observed_at TS; last_nudge_signature T! =''",
        "url",
        foreign=("session_id>sessions.id!",),
    ),
    "pr_checks": _table(
        "pr_url T!; name T!; commit_hash T!; status T! ='unknown'; url T! =''; log_tail T! =''; created_at TS!;"
        "conclusion T! =''; details T! =''",
        "pr_url name commit_hash",
        foreign=("pr_url>pr.url!",),
    ),
    "pr_comment": _table(
        "pr_url T!; comment_id T!; author T! =''; file T! =''; line I! =0; body T! =''; resolved I! =0;"
        "created_at TS!; thread_id T! =''; url T! =''; is_bot I! =0",
        "pr_url comment_id",
        foreign=("pr_url>pr.url!",),
    ),
    "pr_review_threads": _table(
        "pr_url T!; thread_id T!; path T! =''; line I! =0; resolved I! =0; is_bot I! =0; semantic_hash T! ='';"
        "updated_at TS!",
        "pr_url thread_id",
        foreign=("pr_url>pr.url!",),
    ),
    "workspace_repos": _table(
        "project_id T!; name T!; relative_path T!; repo_origin_url T! =''; registered_at TS!",
        "project_id name",
        unique=(("project_id", "relative_path"),),
        foreign=("project_id>projects.id!",),
    ),
    "session_worktrees": _table(
        "session_id T!; repo_name T!; branch T!; base_sha T!; worktree_path T!; preserved_ref T! ='';"
        "state T! ='active'",
        "session_id repo_name",
        foreign=("session_id>sessions.id!",),
    ),
    "notifications": _table(
        "id T; session_id T!; project_id T!; pr_url T! =''; type T!; title T!; body T! =''; status T! ='unread';"
        "created_at TS!",
        "id",
        foreign=("session_id>sessions.id!", "project_id>projects.id!"),
    ),
    "review": _table(
        "id T; session_id T!; project_id T!; harness T!; pr_url T! =''; reviewer_handle_id T! ='';"
        "created_at TS!; updated_at TS!",
        "id",
        unique=(("session_id",),),
        foreign=("session_id>sessions.id!", "project_id>projects.id"),
    ),
    "review_run": _table(
        "id T; review_id T!; session_id T!; harness T!; pr_url T! =''; target_sha T! =''; status T! ='running';"
        "verdict T! =''; body T! =''; created_at TS!",
        "id",
        foreign=("review_id>review.id!", "session_id>sessions.id!"),
    ),
    VERSION_TABLE: _table("id I; version_id I!; is_applied I!; tstamp TS =datetime('now')", "id"),
}

INDEXES: dict[str, Index] = {
    "idx_sessions_project": Index("sessions", ("project_id",)),
    "idx_pr_session": Index("pr", ("session_id",)),
    "idx_pr_checks_lookup": Index("pr_checks", ("pr_url", "name", "created_at")),
    "idx_change_log_project": Index("change_log", ("project_id", "seq")),
    "idx_pr_review_threads_lookup": Index("pr_review_threads", ("pr_url", "updated_at")),
    "idx_session_worktrees_session": Index("session_worktrees", ("session_id",)),
    "idx_notifications_status": Index("notifications", ("status", "created_at DESC")),
    "idx_notifications_unread_dedupe": Index(
        "notifications", ("session_id", "type", "pr_url"), unique=True, where="status='unread'"
    ),
}

TRIGGERS: dict[str, str] = {
    "sessions_cdc_insert": "sessions",
    "sessions_cdc_update": "sessions",
    "pr_cdc_insert": "pr",
    "pr_cdc_update": "pr",
    "pr_session_cdc_update": "pr",
    "pr_checks_cdc_insert": "pr_checks",
    "pr_checks_cdc_update": "pr_checks",
    "pr_review_threads_cdc_insert": "pr_review_threads",
    "pr_review_threads_cdc_update": "pr_review_threads",
}
"""The change-log triggers by name, each with its table."""

CHOICES: dict[tuple[str, str], frozenset[str]] = {
    ("projects", "kind"): frozenset({"single_repo", "workspace"}),
    ("sessions", "kind"): frozenset({"worker", "orchestrator"}),
    ("sessions", "harness"): HARNESSES | {""},
    ("sessions", "activity_state"): frozenset({"active", "idle", "waiting_input", "blocked", "exited"}),
    ("change_log", "event_type"): frozenset(
        {
            "session_created",
            "session_updated",
            "pr_created",
            "pr_updated",
            "pr_check_recorded",
            "pr_session_changed",
            "pr_review_thread_added",
            "pr_review_thread_resolved",
        }
    ),
    ("pr", "pr_state"): frozenset({"draft", "open", "merged", "closed"}),
    ("pr", "review_decision"): frozenset({"none", "approved", "changes_requested", "review_required"}),
    ("pr", "ci_state"): frozenset({"unknown", "pending", "passing", "failing"}),
    ("pr", "mergeability"): frozenset({"unknown", "mergeable", "conflicting", "blocked", "unstable"}),
    ("pr_checks", "status"): frozenset(
        {"unknown", "queued", "in_progress", "passed", "failed", "skipped", "cancelled"}
    ),
    ("session_worktrees", "state"): frozenset(
        {"active", "removed", "retry_remove", "unavailable", "stray_moved"}
    ),
    ("notifications", "type"): frozenset(
        {"needs_input", "ready_to_merge", "pr_merged", "pr_closed_unmerged"}
    ),
    ("notifications", "status"): frozenset({"read", "unread"}),
}
"""The values that a CHECK constraint allows, by table and column."""
