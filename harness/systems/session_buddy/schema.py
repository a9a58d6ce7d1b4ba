"""What versions 1 to 3 of session-buddy create in its skills database, in words of our own.

Written after lesleslie/session-buddy at a2e4633 (`storage/migrations/V1` to `V3`): the same tables, columns, keys,
indexes, triggers and views by name and effect; the text of a real database differs.
"""

from __future__ import annotations

BOOKKEEPING = """
CREATE TABLE skill_migrations (
  version TEXT PRIMARY KEY, applied_at TEXT NOT NULL, description TEXT, rollback_sql TEXT, checksum TEXT,
  applied_by TEXT DEFAULT 'session-buddy', success BOOLEAN NOT NULL DEFAULT 1);
"""

TABLES = """
CREATE TABLE skill_invocation (
  id INTEGER PRIMARY KEY AUTOINCREMENT, skill_name TEXT NOT NULL, invoked_at TEXT NOT NULL, session_id TEXT NOT NULL,
  workflow_path TEXT, completed BOOLEAN NOT NULL DEFAULT 0, duration_seconds REAL, user_query TEXT,
  alternatives_considered TEXT, selection_rank INTEGER, follow_up_actions TEXT, error_type TEXT,
  created_at TEXT NOT NULL DEFAULT (datetime('now')));
CREATE INDEX idx_invocation_session ON skill_invocation (session_id);
CREATE INDEX idx_invocation_skill ON skill_invocation (skill_name);
CREATE INDEX idx_invocation_invoked_at ON skill_invocation (invoked_at DESC);
CREATE INDEX idx_invocation_session_completed ON skill_invocation (session_id, completed);
CREATE VIRTUAL TABLE skill_invocation_fts USING fts5 (user_query, content=skill_invocation, content_rowid=id);
CREATE TABLE skill_metrics (
  skill_name TEXT PRIMARY KEY, total_invocations INTEGER NOT NULL DEFAULT 0,
  completed_invocations INTEGER NOT NULL DEFAULT 0, abandoned_invocations INTEGER NOT NULL DEFAULT 0,
  total_duration_seconds REAL NOT NULL DEFAULT 0.0, workflow_paths TEXT NOT NULL DEFAULT '{}',
  common_errors TEXT NOT NULL DEFAULT '{}', follow_up_actions TEXT NOT NULL DEFAULT '{}', avg_selection_rank REAL,
  recommendation_success_rate REAL, first_invoked TEXT, last_invoked TEXT, completion_rate REAL NOT NULL DEFAULT 0.0,
  avg_duration_seconds REAL, updated_at TEXT NOT NULL DEFAULT (datetime('now')));
CREATE TABLE session_skills (
  session_id TEXT NOT NULL, skill_name TEXT NOT NULL, invocation_count INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (session_id, skill_name));
CREATE INDEX idx_session_skills_skill ON session_skills (skill_name);
CREATE INDEX idx_migrations_applied_at ON skill_migrations (applied_at DESC);
CREATE TABLE mv_daily_skills (
  date TEXT NOT NULL, skill_name TEXT NOT NULL, invocations INTEGER NOT NULL, completions INTEGER NOT NULL,
  abandonments INTEGER NOT NULL, avg_duration_seconds REAL, PRIMARY KEY (date, skill_name));
CREATE INDEX idx_mv_daily_date ON mv_daily_skills (date DESC);
CREATE INDEX idx_mv_daily_skill ON mv_daily_skills (skill_name);
"""


def _counted(column: str, key: str, when: str) -> str:
    """Returns the step of the trigger that counts a key in a JSON object; the key is put into the path unquoted."""
    return f"""
    UPDATE skill_metrics SET {column} =
        json_set({column}, '$.' || {key}, coalesce(json_extract({column}, '$.' || {key}), 0) + 1)
      WHERE skill_name = NEW.skill_name AND {when} IS NOT NULL;"""  # noqa: S608 - constants of this module


TRIGGERS = f"""
CREATE TRIGGER trg_skill_metrics_after_insert AFTER INSERT ON skill_invocation BEGIN
    INSERT OR IGNORE INTO skill_metrics (skill_name, first_invoked, last_invoked)
      VALUES (NEW.skill_name, NEW.invoked_at, NEW.invoked_at);
    UPDATE skill_metrics SET total_invocations = total_invocations + 1, last_invoked = NEW.invoked_at
      WHERE skill_name = NEW.skill_name;
    UPDATE skill_metrics SET completed_invocations = completed_invocations + 1,
        total_duration_seconds = total_duration_seconds + coalesce(NEW.duration_seconds, 0)
      WHERE skill_name = NEW.skill_name AND NEW.completed = 1;
    UPDATE skill_metrics SET abandoned_invocations = abandoned_invocations + 1
      WHERE skill_name = NEW.skill_name AND NEW.completed = 0;
    {_counted("workflow_paths", "NEW.workflow_path", "NEW.workflow_path")}
    {_counted("common_errors", "NEW.error_type", "NEW.error_type")}
    {_counted("follow_up_actions", "json_extract(NEW.follow_up_actions, '$[0]')", "NEW.follow_up_actions")}
    UPDATE skill_metrics SET completion_rate = CAST(completed_invocations AS REAL) / total_invocations * 100.0,
        avg_duration_seconds = total_duration_seconds / completed_invocations, updated_at = datetime('now')
      WHERE skill_name = NEW.skill_name AND completed_invocations > 0;
    UPDATE skill_metrics SET avg_duration_seconds = NULL, updated_at = datetime('now')
      WHERE skill_name = NEW.skill_name AND completed_invocations = 0;
  END;
CREATE TRIGGER trg_session_skills_after_insert AFTER INSERT ON skill_invocation BEGIN
    INSERT INTO session_skills (session_id, skill_name) VALUES (NEW.session_id, NEW.skill_name)
      ON CONFLICT (session_id, skill_name) DO UPDATE SET invocation_count = invocation_count + 1;
  END;
"""  # noqa: S608 - constants of this module

_COUNTS = """sum(CASE WHEN completed = 1 THEN 1 ELSE 0 END) AS {done},
    sum(CASE WHEN completed = 0 THEN 1 ELSE 0 END) AS {left}"""
_OF_COMPLETED = "avg(CASE WHEN completed = 1 THEN duration_seconds END)"

VIEWS = f"""
CREATE VIEW v_session_skill_summary AS
  SELECT session_id, count(DISTINCT skill_name) AS unique_skills, count(*) AS total_invocations,
    {_COUNTS.format(done="completed_count", left="abandoned_count")},
    sum(coalesce(duration_seconds, 0)) AS total_duration_seconds, min(invoked_at) AS first_skill_at,
    max(invoked_at) AS last_skill_at
  FROM skill_invocation GROUP BY session_id;
CREATE VIEW v_skill_effectiveness AS
  SELECT skill_name, total_invocations, completed_invocations, abandoned_invocations, completion_rate,
    avg_duration_seconds, first_invoked, last_invoked,
    CAST(julianday('now') - julianday(last_invoked) AS INTEGER) AS days_since_last_use
  FROM skill_metrics WHERE total_invocations > 0 ORDER BY total_invocations DESC;
CREATE VIEW v_top_skills AS
  SELECT skill_name, total_invocations, completion_rate, avg_duration_seconds,
    json_extract(workflow_paths,
      '$.' || (SELECT key FROM json_each(workflow_paths) ORDER BY value DESC LIMIT 1)) AS preferred_workflow
  FROM skill_metrics WHERE total_invocations > 0 ORDER BY total_invocations DESC;
CREATE VIEW v_daily_skill_source AS
  SELECT date(invoked_at) AS date, skill_name, count(*) AS invocations,
    {_COUNTS.format(done="completions", left="abandonments")}, {_OF_COMPLETED} AS avg_duration_seconds
  FROM skill_invocation GROUP BY date(invoked_at), skill_name;
"""  # noqa: S608 - constants of this module

VERSION_2 = """
ALTER TABLE skill_invocation ADD COLUMN embedding BLOB;
CREATE INDEX idx_invocation_embedding ON skill_invocation (embedding) WHERE embedding IS NOT NULL;
"""

VERSION_3 = f"""
ALTER TABLE skill_invocation ADD COLUMN workflow_phase TEXT;
ALTER TABLE skill_invocation ADD COLUMN workflow_step_id TEXT;
CREATE INDEX idx_invocation_workflow_phase ON skill_invocation (workflow_phase) WHERE workflow_phase IS NOT NULL;
CREATE INDEX idx_invocation_workflow_step ON skill_invocation (workflow_step_id) WHERE workflow_step_id IS NOT NULL;
CREATE INDEX idx_invocation_phase_completion ON skill_invocation (workflow_phase, completed)
  WHERE workflow_phase IS NOT NULL;
CREATE VIEW v_skill_effectiveness_by_phase AS
  SELECT skill_name, workflow_phase, count(*) AS total_invocations,
    {_COUNTS.format(done="completed_count", left="abandoned_count")},
    {_OF_COMPLETED} AS avg_duration_seconds, {_OF_COMPLETED} AS avg_completion_time,
    CAST(sum(CASE WHEN completed = 1 THEN 1 ELSE 0 END) AS REAL) / count(*) * 100.0 AS completion_rate
  FROM skill_invocation WHERE workflow_phase IS NOT NULL GROUP BY skill_name, workflow_phase;
CREATE VIEW v_workflow_phase_patterns AS
  SELECT workflow_phase, count(*) AS invocations_in_phase, count(DISTINCT skill_name) AS unique_skills_in_phase,
    sum(CASE WHEN completed = 1 THEN 1 ELSE 0 END) AS successful_completions,
    avg(duration_seconds) AS avg_phase_duration
  FROM skill_invocation WHERE workflow_phase IS NOT NULL GROUP BY workflow_phase ORDER BY workflow_phase;
CREATE VIEW v_skills_by_phase_usage AS
  SELECT skill_name, workflow_phase, count(*) AS usage_count,
    avg(CASE WHEN completed = 1 THEN 1.0 ELSE 0.0 END) AS success_rate
  FROM skill_invocation WHERE workflow_phase IS NOT NULL GROUP BY skill_name, workflow_phase
  ORDER BY skill_name, workflow_phase;
"""  # noqa: S608 - constants of this module

VERSION_1 = TABLES + TRIGGERS + VIEWS

VERSIONS = (
    ("V1__initial_schema", "Initial Schema", VERSION_1),
    ("V2__add_semantic_search", "Add vector embedding support for semantic search", VERSION_2),
    ("V3__add_workflow_correlation", "Add Oneiric workflow phase tracking for skills", VERSION_3),
)
"""The versions in order: the text of the record, its description, and what it creates."""
