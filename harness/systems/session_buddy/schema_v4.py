"""What version 4 of session-buddy creates, object by object, so that a home may hold any part of it.

Written after lesleslie/session-buddy at a2e4633 (`V4__phase4_extensions__up.sql`) in words of our own: 14 tables with
16 foreign keys, 16 indexes, a trigger and 6 views, in the order in which upstream creates them.
"""

from __future__ import annotations

RECORD = "V4__phase4_extensions"
DESCRIPTION = (
    "Phase 4: Advanced analytics, real-time monitoring, cross-session learning, and multi-modal skills"
)

_SKILL = "REFERENCES skill_metrics (skill_name)"
_NOW = "TEXT NOT NULL DEFAULT (datetime('now'))"

_TABLES = {
    "skill_metrics_cache": f"skill_name TEXT PRIMARY KEY {_SKILL}, last_invocation_at TEXT NOT NULL, "
    "invocation_count_1h INTEGER DEFAULT 0, invocation_count_24h INTEGER DEFAULT 0, avg_completion_rate_24h REAL, "
    "is_anomalous BOOLEAN DEFAULT 0, anomaly_score REAL, updated_at TEXT NOT NULL, UNIQUE (skill_name)",
    "skill_time_series": f"id INTEGER PRIMARY KEY AUTOINCREMENT, skill_name TEXT NOT NULL {_SKILL}, "
    "timestamp TEXT NOT NULL, invocation_count INTEGER DEFAULT 0, completion_rate REAL, avg_duration_seconds REAL, "
    "unique_sessions INTEGER DEFAULT 0",
    "skill_anomalies": f"id INTEGER PRIMARY KEY AUTOINCREMENT, skill_name TEXT NOT NULL {_SKILL}, "
    "detected_at TEXT NOT NULL, anomaly_type TEXT NOT NULL, baseline_value REAL, observed_value REAL, "
    "deviation_score REAL, resolved_at TEXT",
    "skill_community_baselines": f"skill_name TEXT PRIMARY KEY {_SKILL}, total_users INTEGER DEFAULT 0, "
    "total_invocations INTEGER DEFAULT 0, global_completion_rate REAL, global_avg_duration_seconds REAL, "
    "most_common_workflow_phase TEXT, effectiveness_percentile REAL, last_updated TEXT NOT NULL, UNIQUE (skill_name)",
    "skill_user_interactions": "id INTEGER PRIMARY KEY AUTOINCREMENT, user_id TEXT NOT NULL, session_id TEXT NOT NULL, "
    f"skill_name TEXT NOT NULL {_SKILL}, invoked_at TEXT NOT NULL, completed BOOLEAN NOT NULL, rating REAL, "
    "alternatives_considered TEXT",
    "skill_clusters": "cluster_id INTEGER PRIMARY KEY AUTOINCREMENT, cluster_name TEXT NOT NULL, description TEXT, "
    "centroid_embedding BLOB, created_at TEXT NOT NULL, UNIQUE (cluster_name)",
    "skill_cluster_membership": f"skill_name TEXT NOT NULL {_SKILL}, "
    "cluster_id INTEGER NOT NULL REFERENCES skill_clusters (cluster_id), membership_score REAL, "
    "PRIMARY KEY (skill_name, cluster_id)",
    "ab_test_configs": "test_id INTEGER PRIMARY KEY AUTOINCREMENT, test_name TEXT NOT NULL UNIQUE, description TEXT, "
    "control_strategy TEXT NOT NULL, treatment_strategy TEXT NOT NULL, start_date TEXT NOT NULL, end_date TEXT, "
    "min_sample_size INTEGER DEFAULT 100, metrics TEXT, assignment_ratio REAL DEFAULT 0.5, "
    f"status TEXT DEFAULT 'running', created_at {_NOW}",
    "ab_test_assignments": "assignment_id INTEGER PRIMARY KEY AUTOINCREMENT, "
    "test_id INTEGER NOT NULL REFERENCES ab_test_configs (test_id), user_id TEXT NOT NULL, group_name TEXT NOT NULL, "
    f"assigned_at {_NOW}, UNIQUE (test_id, user_id)",
    "ab_test_outcomes": "outcome_id INTEGER PRIMARY KEY AUTOINCREMENT, "
    "test_id INTEGER NOT NULL REFERENCES ab_test_configs (test_id), user_id TEXT NOT NULL, "
    f"skill_name TEXT NOT NULL {_SKILL}, completed BOOLEAN NOT NULL, duration_seconds REAL, user_rating REAL, "
    f"recorded_at {_NOW}",
    "skill_categories": "category_id INTEGER PRIMARY KEY AUTOINCREMENT, category_name TEXT NOT NULL UNIQUE, "
    "parent_category_id INTEGER REFERENCES skill_categories (category_id), description TEXT, domain TEXT, "
    f"created_at {_NOW}",
    "skill_category_mapping": f"skill_name TEXT NOT NULL {_SKILL}, "
    "category_id INTEGER NOT NULL REFERENCES skill_categories (category_id), confidence_score REAL, "
    f"assigned_at {_NOW}, PRIMARY KEY (skill_name, category_id)",
    "skill_dependencies": f"skill_a TEXT NOT NULL {_SKILL}, skill_b TEXT NOT NULL {_SKILL}, "
    f"co_occurrence_count INTEGER DEFAULT 1, lift_score REAL, last_updated {_NOW}, PRIMARY KEY (skill_a, skill_b)",
    "skill_modalities": f"skill_name TEXT PRIMARY KEY {_SKILL}, modality_type TEXT NOT NULL, input_format TEXT, "
    f"output_format TEXT, requires_human_review BOOLEAN DEFAULT 0, created_at {_NOW}",
}

_INDEXES = {
    "skill_metrics_cache": {"idx_metrics_cache_updated": "updated_at"},
    "skill_time_series": {"idx_time_series_skill_timestamp": "skill_name, timestamp DESC"},
    "skill_anomalies": {
        "idx_anomalies_detected_at": "detected_at DESC",
        "idx_anomalies_skill": "skill_name, detected_at DESC",
    },
    "skill_user_interactions": {
        "idx_user_interactions_user": "user_id, invoked_at DESC",
        "idx_user_interactions_skill": "skill_name, completed",
        "idx_user_interactions_session": "session_id",
    },
    "skill_cluster_membership": {"idx_cluster_membership_cluster": "cluster_id"},
    "ab_test_assignments": {
        "idx_ab_assignments_test_user": "test_id, user_id",
        "idx_ab_assignments_group": "test_id, group_name",
    },
    "ab_test_outcomes": {"idx_ab_outcomes_test": "test_id", "idx_ab_outcomes_user": "test_id, user_id"},
    "skill_category_mapping": {
        "idx_category_mapping_skill": "skill_name",
        "idx_category_mapping_category": "category_id",
    },
    "skill_dependencies": {
        "idx_dependencies_skill_a": "skill_a",
        "idx_dependencies_lift": "lift_score DESC",
    },
}

_TRIGGER = """CREATE TRIGGER trg_metrics_cache_after_insert AFTER INSERT ON skill_invocation BEGIN
    INSERT INTO skill_metrics_cache
        (skill_name, last_invocation_at, invocation_count_1h, invocation_count_24h, updated_at)
      VALUES (NEW.skill_name, NEW.invoked_at, 1, 1, datetime('now'))
      ON CONFLICT (skill_name) DO UPDATE SET last_invocation_at = NEW.invoked_at,
        invocation_count_1h = invocation_count_1h + 1, invocation_count_24h = invocation_count_24h + 1,
        updated_at = datetime('now');
  END"""

_RATE = "avg(CASE WHEN {}completed = 1 THEN 1.0 ELSE 0.0 END)"

_VIEWS = {
    "v_realtime_skill_dashboard": """
  SELECT c.skill_name, c.last_invocation_at, c.invocation_count_1h, c.invocation_count_24h, c.avg_completion_rate_24h,
    c.is_anomalous, c.anomaly_score, m.total_invocations, m.completion_rate, m.avg_duration_seconds
  FROM skill_metrics_cache c JOIN skill_metrics m ON m.skill_name = c.skill_name ORDER BY c.invocation_count_24h DESC""",
    "v_skill_effectiveness_trend": f"""
  WITH days AS (
    SELECT skill_name, date(invoked_at) AS day, {_RATE.format("")} AS rate FROM skill_invocation
    WHERE datetime(invoked_at) >= datetime('now', '-7 days') GROUP BY skill_name, date(invoked_at))
  SELECT skill_name, avg(rate) AS avg_completion_rate_7d, max(rate) AS max_completion_rate_7d,
    min(rate) AS min_completion_rate_7d, (max(rate) - min(rate)) / nullif(count(*) - 1, 1) AS trend_slope
  FROM days GROUP BY skill_name""",  # noqa: S608 - constants of this module
    "v_community_baseline_comparison": f"""
  SELECT i.skill_name, count(DISTINCT i.session_id) AS user_invocations, {_RATE.format("i.")} AS user_completion_rate,
    b.global_completion_rate AS baseline_completion_rate, b.effectiveness_percentile,
    {_RATE.format("i.")} - b.global_completion_rate AS delta_from_baseline
  FROM skill_invocation i JOIN skill_community_baselines b ON b.skill_name = i.skill_name
  GROUP BY i.skill_name, b.global_completion_rate, b.effectiveness_percentile""",  # noqa: S608 - constants of this module
    "v_skill_dependency_network": """
  SELECT skill_a, skill_b, co_occurrence_count, lift_score,
    CASE WHEN lift_score > 2.0 THEN 'strong_positive' WHEN lift_score > 1.5 THEN 'moderate_positive'
      WHEN lift_score > 1.0 THEN 'weak_positive' WHEN lift_score = 1.0 THEN 'independent'
      WHEN lift_score > 0.5 THEN 'weak_negative' ELSE 'moderate_negative' END AS relationship_type
  FROM skill_dependencies WHERE lift_score IS NOT NULL ORDER BY co_occurrence_count DESC""",
    "v_ab_test_summary": """
  SELECT t.test_id, t.test_name, t.control_strategy, t.treatment_strategy, t.status,
    count(DISTINCT a.user_id) AS total_users, sum(CASE WHEN a.group_name = 'control' THEN 1 ELSE 0 END) AS control_users,
    sum(CASE WHEN a.group_name = 'treatment' THEN 1 ELSE 0 END) AS treatment_users,
    avg(CASE WHEN o.completed = 1 AND a.group_name = 'control' THEN 1.0 END) AS control_completion_rate,
    avg(CASE WHEN o.completed = 1 AND a.group_name = 'treatment' THEN 1.0 END) AS treatment_completion_rate
  FROM ab_test_configs t LEFT JOIN ab_test_assignments a ON a.test_id = t.test_id
    LEFT JOIN ab_test_outcomes o ON o.test_id = t.test_id AND o.user_id = a.user_id
  GROUP BY t.test_id, t.test_name, t.control_strategy, t.treatment_strategy, t.status""",
    "v_multimodal_skill_catalog": f"""
  SELECT i.skill_name, m.modality_type, m.input_format, m.output_format, m.requires_human_review,
    count(DISTINCT i.session_id) AS total_sessions, {_RATE.format("i.")} AS completion_rate,
    avg(i.duration_seconds) AS avg_duration_seconds, c.category_name, c.domain
  FROM skill_invocation i LEFT JOIN skill_modalities m ON m.skill_name = i.skill_name
    LEFT JOIN skill_category_mapping g ON g.skill_name = i.skill_name
    LEFT JOIN skill_categories c ON c.category_id = g.category_id
  GROUP BY i.skill_name, m.modality_type, m.input_format, m.output_format, m.requires_human_review, c.category_name,
    c.domain
  ORDER BY i.skill_name""",  # noqa: S608 - constants of this module
}

TABLES = tuple(_TABLES)
"""The names of the 14 tables."""
VIEWS = tuple(_VIEWS)
"""The names of the 6 views."""
TRIGGER = "trg_metrics_cache_after_insert"


def _objects() -> dict[str, str]:
    found = {}
    for table, columns in _TABLES.items():
        found[table] = f"CREATE TABLE {table} ({columns})"
        for index, over in _INDEXES.get(table, {}).items():
            found[index] = f"CREATE INDEX {index} ON {table} ({over})"
    return {
        **found,
        TRIGGER: _TRIGGER,
        **{name: f"CREATE VIEW {name} AS{view}" for name, view in _VIEWS.items()},
    }


OBJECTS = _objects()
"""All named objects with the statement that makes each, in order."""


def with_old_keys(statement: str) -> str:
    """Returns a statement with foreign keys to the invocations, as releases before 3e8eed6 made them."""
    return statement.replace(_SKILL, "REFERENCES skill_invocation (skill_name)")
