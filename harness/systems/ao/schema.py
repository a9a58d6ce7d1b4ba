"""The rewrite's database at schema version 12, as its twelve steps leave it.

Columns stand in the order in which the steps added them (aoagents/ReverbCode at 43ae7eb:
`backend/internal/storage/sqlite/migrations/0001…0012`).
"""

from __future__ import annotations

HARNESSES = (
    "", "claude-code", "codex", "aider", "opencode", "grok", "droid", "amp", "agy", "crush", "cursor", "qwen",
    "copilot", "goose", "auggie", "continue", "devin", "cline", "kimi", "kiro", "kilocode", "vibe", "pi", "autohand",
)  # fmt: skip


def _one_of(column: str, *values: str) -> str:
    return f"CHECK ({column} IN ({', '.join(repr(value) for value in values)}))"


def _columns(names: str, declared: str) -> str:
    return ", ".join(f"{name} {declared}" for name in names.split())


_TEXT = "TEXT NOT NULL DEFAULT ''"
_COUNT = "INTEGER NOT NULL DEFAULT 0"

TABLES = f"""
CREATE TABLE goose_db_version (
  id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL, is_applied INTEGER NOT NULL,
  tstamp TIMESTAMP DEFAULT (datetime('now')));
CREATE TABLE projects (
  id TEXT PRIMARY KEY, path TEXT NOT NULL, repo_origin_url {_TEXT}, display_name {_TEXT},
  registered_at TIMESTAMP NOT NULL, archived_at TIMESTAMP, config TEXT,
  kind TEXT NOT NULL DEFAULT 'single_repo' {_one_of("kind", "single_repo", "workspace")});
CREATE TABLE sessions (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL REFERENCES projects (id), num INTEGER NOT NULL, issue_id {
    _TEXT
},
  kind TEXT NOT NULL DEFAULT 'worker' {_one_of("kind", "worker", "orchestrator")},
  harness {_TEXT} {_one_of("harness", *HARNESSES)},
  activity_state TEXT NOT NULL DEFAULT 'idle'
    {_one_of("activity_state", "active", "idle", "waiting_input", "blocked", "exited")},
  activity_last_at TIMESTAMP NOT NULL, is_terminated BOOLEAN NOT NULL DEFAULT FALSE,
  {_columns("branch workspace_path runtime_handle_id agent_session_id prompt", _TEXT)},
  created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL, display_name {
    _TEXT
}, first_signal_at TIMESTAMP,
  UNIQUE (project_id, num));
CREATE TABLE change_log (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, project_id TEXT NOT NULL REFERENCES projects (id),
  session_id TEXT REFERENCES sessions (id),
  event_type TEXT NOT NULL {
    _one_of(
        "event_type",
        "session_created",
        "session_updated",
        "pr_created",
        "pr_updated",
        "pr_check_recorded",
        "pr_session_changed",
        "pr_review_thread_added",
        "pr_review_thread_resolved",
    )
},
  payload TEXT NOT NULL CHECK (json_valid(payload)), created_at TIMESTAMP NOT NULL DEFAULT (datetime('now')));
CREATE TABLE pr (
  url TEXT PRIMARY KEY, session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, number {_COUNT},
  pr_state TEXT NOT NULL DEFAULT 'open' {_one_of("pr_state", "draft", "open", "merged", "closed")},
  review_decision TEXT NOT NULL DEFAULT 'none'
    {_one_of("review_decision", "none", "approved", "changes_requested", "review_required")},
  ci_state TEXT NOT NULL DEFAULT 'unknown' {_one_of("ci_state", "unknown", "pending", "passing", "failing")},
  mergeability TEXT NOT NULL DEFAULT 'unknown'
    {_one_of("mergeability", "unknown", "mergeable", "conflicting", "blocked", "unstable")},
  updated_at TIMESTAMP NOT NULL,
  {_columns("provider host repo source_branch target_branch head_sha title", _TEXT)},
  {_columns("additions deletions changed_files", _COUNT)},
  {_columns("author base_sha merge_commit_sha", _TEXT)}, {_columns("is_draft is_merged is_closed", _COUNT)},
  {_columns("provider_state provider_mergeable provider_merge_state_status html_url", _TEXT)},
  {_columns("created_at_provider updated_at_provider merged_at_provider closed_at_provider", "TIMESTAMP")},
  {_columns("metadata_hash ci_hash review_hash", _TEXT)},
  {_columns("observed_at ci_observed_at review_observed_at", "TIMESTAMP")}, last_nudge_signature {_TEXT});
CREATE TABLE pr_checks (
  pr_url TEXT NOT NULL REFERENCES pr (url) ON DELETE CASCADE, name TEXT NOT NULL, commit_hash TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'unknown'
    {_one_of("status", "unknown", "queued", "in_progress", "passed", "failed", "skipped", "cancelled")},
  url {_TEXT}, log_tail {_TEXT}, created_at TIMESTAMP NOT NULL, conclusion {_TEXT}, details {_TEXT},
  PRIMARY KEY (pr_url, name, commit_hash));
CREATE TABLE pr_comment (
  pr_url TEXT NOT NULL REFERENCES pr (url) ON DELETE CASCADE, comment_id TEXT NOT NULL, author {_TEXT},
  file {_TEXT}, line {_COUNT}, body {_TEXT}, resolved {_COUNT}, created_at TIMESTAMP NOT NULL, thread_id {
    _TEXT
},
  url {_TEXT}, is_bot {_COUNT}, PRIMARY KEY (pr_url, comment_id));
CREATE TABLE pr_review_threads (
  pr_url TEXT NOT NULL REFERENCES pr (url) ON DELETE CASCADE, thread_id TEXT NOT NULL, path {_TEXT}, line {
    _COUNT
},
  resolved {_COUNT}, is_bot {_COUNT}, semantic_hash {_TEXT}, updated_at TIMESTAMP NOT NULL,
  PRIMARY KEY (pr_url, thread_id));
CREATE TABLE workspace_repos (
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE, name TEXT NOT NULL,
  relative_path TEXT NOT NULL, repo_origin_url {_TEXT}, registered_at TIMESTAMP NOT NULL,
  PRIMARY KEY (project_id, name), UNIQUE (project_id, relative_path));
CREATE TABLE session_worktrees (
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, repo_name TEXT NOT NULL,
  branch TEXT NOT NULL, base_sha TEXT NOT NULL, worktree_path TEXT NOT NULL, preserved_ref {_TEXT},
  state TEXT NOT NULL DEFAULT 'active'
    {_one_of("state", "active", "removed", "retry_remove", "unavailable", "stray_moved")},
  PRIMARY KEY (session_id, repo_name));
CREATE TABLE notifications (
  id TEXT PRIMARY KEY, session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE, pr_url {_TEXT},
  type TEXT NOT NULL {_one_of("type", "needs_input", "ready_to_merge", "pr_merged", "pr_closed_unmerged")},
  title TEXT NOT NULL, body {_TEXT},
  status TEXT NOT NULL DEFAULT 'unread' {_one_of("status", "read", "unread")}, created_at TIMESTAMP NOT NULL);
CREATE TABLE review (
  id TEXT PRIMARY KEY, session_id TEXT NOT NULL UNIQUE REFERENCES sessions (id) ON DELETE CASCADE,
  project_id TEXT NOT NULL REFERENCES projects (id), harness TEXT NOT NULL, pr_url {_TEXT},
  reviewer_handle_id {_TEXT}, created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL);
CREATE TABLE review_run (
  id TEXT PRIMARY KEY, review_id TEXT NOT NULL REFERENCES review (id) ON DELETE CASCADE,
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, harness TEXT NOT NULL, pr_url {_TEXT},
  target_sha {_TEXT}, status TEXT NOT NULL DEFAULT 'running', verdict {_TEXT}, body {_TEXT},
  created_at TIMESTAMP NOT NULL);
"""

INDEXES = """
CREATE INDEX idx_sessions_project ON sessions (project_id);
CREATE INDEX idx_pr_session ON pr (session_id);
CREATE INDEX idx_pr_checks_lookup ON pr_checks (pr_url, name, created_at);
CREATE INDEX idx_change_log_project ON change_log (project_id, seq);
CREATE INDEX idx_pr_review_threads_lookup ON pr_review_threads (pr_url, updated_at);
CREATE INDEX idx_session_worktrees_session ON session_worktrees (session_id);
CREATE INDEX idx_notifications_status ON notifications (status, created_at DESC);
CREATE UNIQUE INDEX idx_notifications_unread_dedupe ON notifications (session_id, type, pr_url)
  WHERE status = 'unread';
"""

_OF_PR = "(SELECT project_id FROM sessions WHERE id = NEW.session_id), NEW.session_id"
_VIA_PR = (
    "(SELECT s.project_id FROM pr p JOIN sessions s ON s.id = p.session_id WHERE p.url = NEW.pr_url), "
    "(SELECT session_id FROM pr WHERE url = NEW.pr_url)"
)
_SESSION = ("NEW.project_id, NEW.id", "id=id activity=activity_state isTerminated=?is_terminated")
_PR = (
    _OF_PR,
    "url=url session=session_id state=pr_state ci=ci_state review=review_decision mergeability=mergeability",
)
_CHECK = (_VIA_PR, "pr=pr_url name=name commit=commit_hash status=status")
_THREAD = "pr=pr_url thread=thread_id path=path line=line resolved=?resolved"


def _payload(pairs: str) -> str:
    fields = []
    for pair in pairs.split():
        key, _, column = pair.partition("=")
        value = f"NEW.{column}"
        if column.startswith("?"):
            value = f"json(CASE WHEN NEW.{column[1:]} THEN 'true' ELSE 'false' END)"
        elif column.startswith("OLD."):
            value = column
        fields.append(f"'{key}', {value}")
    return f"json_object({', '.join(fields)})"


def _trigger(
    name: str, event: str, on: str, row: tuple[str, str], *, when: str = "", at: str = "NEW.updated_at"
) -> str:
    owner, pairs = row
    guard = f"WHEN {when}\n" if when else ""
    columns = "project_id, session_id, event_type, payload, created_at"
    row_of_log = f"INSERT INTO change_log ({columns}) VALUES ({owner}, '{event}', {_payload(pairs)}, {at});"  # noqa: S608
    return f"CREATE TRIGGER {name} AFTER {on}\n{guard}BEGIN\n  {row_of_log}\nEND;\n"


def _changed(*columns: str) -> str:
    return " OR ".join(f"OLD.{column} <> NEW.{column}" for column in columns)


TRIGGERS = "".join([
    _trigger("sessions_cdc_insert", "session_created", "INSERT ON sessions", _SESSION),
    _trigger(
        "sessions_cdc_update", "session_updated", "UPDATE ON sessions", _SESSION,
        when=_changed("activity_state", "is_terminated")
        + " OR (OLD.first_signal_at IS NULL AND NEW.first_signal_at IS NOT NULL)",
    ),
    _trigger("pr_cdc_insert", "pr_created", "INSERT ON pr", _PR),
    _trigger(
        "pr_cdc_update", "pr_updated", "UPDATE ON pr", _PR,
        when=_changed("pr_state", "ci_state", "review_decision", "mergeability"),
    ),
    _trigger(
        "pr_session_cdc_update", "pr_session_changed", "UPDATE ON pr",
        (_OF_PR, "url=url fromSession=OLD.session_id toSession=session_id"), when=_changed("session_id"),
    ),
    _trigger("pr_checks_cdc_insert", "pr_check_recorded", "INSERT ON pr_checks", _CHECK, at="NEW.created_at"),
    _trigger(
        "pr_checks_cdc_update", "pr_check_recorded", "UPDATE ON pr_checks", _CHECK,
        when=_changed("status"), at="datetime('now')",
    ),
    _trigger(
        "pr_review_threads_cdc_insert", "pr_review_thread_added", "INSERT ON pr_review_threads",
        (_VIA_PR, f"{_THREAD} isBot=?is_bot"),
    ),
    _trigger(
        "pr_review_threads_cdc_update", "pr_review_thread_resolved", "UPDATE ON pr_review_threads",
        (_VIA_PR, _THREAD), when=_changed("resolved"),
    ),
])  # fmt: skip
"""The change data capture: each writes one row of change_log, keys in this order."""

NEWER = """
ALTER TABLE review_run ADD COLUMN github_review_id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN preview_url TEXT NOT NULL DEFAULT '';
ALTER TABLE review_run ADD COLUMN delivered_at TIMESTAMP;
ALTER TABLE sessions ADD COLUMN preview_revision INTEGER NOT NULL DEFAULT 0;
"""
"""The columns that steps 13 to 19 add."""
