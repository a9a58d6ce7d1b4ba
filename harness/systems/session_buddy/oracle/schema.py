"""What the facts say of the skills database: the objects of versions 1 to 3 by name, those of version 4 in full.

A table of version 4 is told as ``name: column; column``.  A column is its name, its type, ``!`` where it must not be
NULL and ``=`` with its default; ``*`` stands before the columns of the primary key, ``>`` before the table that a
column refers to.
"""

from __future__ import annotations

import re

from harness.records import Record

V1, V2, V3, V4 = (
    "V1__initial_schema",
    "V2__add_semantic_search",
    "V3__add_workflow_correlation",
    "V4__phase4_extensions",
)
VERSIONS = frozenset({V1, V2, V3, V4})
DESCRIPTION = (
    "Phase 4: Advanced analytics, real-time monitoring, cross-session learning, and multi-modal skills"
)

OLD_COLUMNS = {
    "skill_invocation": "id skill_name invoked_at session_id workflow_path completed duration_seconds user_query "
    "alternatives_considered selection_rank follow_up_actions error_type created_at embedding workflow_phase "
    "workflow_step_id",
    "skill_metrics": "skill_name total_invocations completed_invocations abandoned_invocations "
    "total_duration_seconds workflow_paths common_errors follow_up_actions avg_selection_rank "
    "recommendation_success_rate first_invoked last_invoked completion_rate avg_duration_seconds updated_at",
    "session_skills": "session_id skill_name invocation_count",
    "skill_migrations": "version applied_at description rollback_sql checksum applied_by success",
    "mv_daily_skills": "date skill_name invocations completions abandonments avg_duration_seconds",
}
"""The columns that the tables of versions 1 to 3 have at least."""

OLD_OBJECTS: dict[str, tuple[str, ...]] = {
    "table": (*OLD_COLUMNS, "skill_invocation_fts"),
    "index": (
        "idx_invocation_session",
        "idx_invocation_skill",
        "idx_invocation_invoked_at",
        "idx_invocation_session_completed",
        "idx_session_skills_skill",
        "idx_migrations_applied_at",
        "idx_mv_daily_date",
        "idx_mv_daily_skill",
        "idx_invocation_embedding",
        "idx_invocation_workflow_phase",
        "idx_invocation_workflow_step",
        "idx_invocation_phase_completion",
    ),
    "trigger": ("trg_skill_metrics_after_insert", "trg_session_skills_after_insert"),
    "view": (
        "v_session_skill_summary",
        "v_skill_effectiveness",
        "v_top_skills",
        "v_daily_skill_source",
        "v_skill_effectiveness_by_phase",
        "v_workflow_phase_patterns",
        "v_skills_by_phase_usage",
    ),
}
"""The named objects of versions 1 to 3, by type."""

_TABLES = """
skill_metrics_cache: *skill_name TEXT >skill_metrics; last_invocation_at TEXT!; invocation_count_1h INTEGER=0; invocation_count_24h INTEGER=0; avg_completion_rate_24h REAL; is_anomalous BOOLEAN=0; anomaly_score REAL; updated_at TEXT!
skill_time_series: *id INTEGER+; skill_name TEXT! >skill_metrics; timestamp TEXT!; invocation_count INTEGER=0; completion_rate REAL; avg_duration_seconds REAL; unique_sessions INTEGER=0
skill_anomalies: *id INTEGER+; skill_name TEXT! >skill_metrics; detected_at TEXT!; anomaly_type TEXT!; baseline_value REAL; observed_value REAL; deviation_score REAL; resolved_at TEXT
skill_community_baselines: *skill_name TEXT >skill_metrics; total_users INTEGER=0; total_invocations INTEGER=0; global_completion_rate REAL; global_avg_duration_seconds REAL; most_common_workflow_phase TEXT; effectiveness_percentile REAL; last_updated TEXT!
skill_user_interactions: *id INTEGER+; user_id TEXT!; session_id TEXT!; skill_name TEXT! >skill_metrics; invoked_at TEXT!; completed BOOLEAN!; rating REAL; alternatives_considered TEXT
skill_clusters: *cluster_id INTEGER+; cluster_name TEXT!; description TEXT; centroid_embedding BLOB; created_at TEXT!
skill_cluster_membership: *skill_name TEXT! >skill_metrics; *cluster_id INTEGER! >skill_clusters; membership_score REAL
ab_test_configs: *test_id INTEGER+; test_name TEXT!; description TEXT; control_strategy TEXT!; treatment_strategy TEXT!; start_date TEXT!; end_date TEXT; min_sample_size INTEGER=100; metrics TEXT; assignment_ratio REAL=0.5; status TEXT='running'; created_at TEXT!=now
ab_test_assignments: *assignment_id INTEGER+; test_id INTEGER! >ab_test_configs; user_id TEXT!; group_name TEXT!; assigned_at TEXT!=now
ab_test_outcomes: *outcome_id INTEGER+; test_id INTEGER! >ab_test_configs; user_id TEXT!; skill_name TEXT! >skill_metrics; completed BOOLEAN!; duration_seconds REAL; user_rating REAL; recorded_at TEXT!=now
skill_categories: *category_id INTEGER+; category_name TEXT!; parent_category_id INTEGER >skill_categories; description TEXT; domain TEXT; created_at TEXT!=now
skill_category_mapping: *skill_name TEXT! >skill_metrics; *category_id INTEGER! >skill_categories; confidence_score REAL; assigned_at TEXT!=now
skill_dependencies: *skill_a TEXT! >skill_metrics; *skill_b TEXT! >skill_metrics; co_occurrence_count INTEGER=1; lift_score REAL; last_updated TEXT!=now
skill_modalities: *skill_name TEXT >skill_metrics; modality_type TEXT!; input_format TEXT; output_format TEXT; requires_human_review BOOLEAN=0; created_at TEXT!=now
"""
_UNIQUE = {
    "skill_clusters": ["cluster_name"],
    "ab_test_configs": ["test_name"],
    "ab_test_assignments": ["test_id", "user_id"],
    "skill_categories": ["category_name"],
}
_INDEXES = """
idx_metrics_cache_updated skill_metrics_cache(updated_at)
idx_time_series_skill_timestamp skill_time_series(skill_name, timestamp DESC)
idx_anomalies_detected_at skill_anomalies(detected_at DESC)
idx_anomalies_skill skill_anomalies(skill_name, detected_at DESC)
idx_user_interactions_user skill_user_interactions(user_id, invoked_at DESC)
idx_user_interactions_skill skill_user_interactions(skill_name, completed)
idx_user_interactions_session skill_user_interactions(session_id)
idx_cluster_membership_cluster skill_cluster_membership(cluster_id)
idx_ab_assignments_test_user ab_test_assignments(test_id, user_id)
idx_ab_assignments_group ab_test_assignments(test_id, group_name)
idx_ab_outcomes_test ab_test_outcomes(test_id)
idx_ab_outcomes_user ab_test_outcomes(test_id, user_id)
idx_category_mapping_skill skill_category_mapping(skill_name)
idx_category_mapping_category skill_category_mapping(category_id)
idx_dependencies_skill_a skill_dependencies(skill_a)
idx_dependencies_lift skill_dependencies(lift_score DESC)
"""
TRIGGER = "trg_metrics_cache_after_insert"
VIEWS = {
    "v_realtime_skill_dashboard": "skill_name last_invocation_at invocation_count_1h invocation_count_24h "
    "avg_completion_rate_24h is_anomalous anomaly_score total_invocations completion_rate avg_duration_seconds",
    "v_skill_effectiveness_trend": "skill_name avg_completion_rate_7d max_completion_rate_7d "
    "min_completion_rate_7d trend_slope",
    "v_community_baseline_comparison": "skill_name user_invocations user_completion_rate "
    "baseline_completion_rate effectiveness_percentile delta_from_baseline",
    "v_skill_dependency_network": "skill_a skill_b co_occurrence_count lift_score relationship_type",
    "v_ab_test_summary": "test_id test_name control_strategy treatment_strategy status total_users "
    "control_users treatment_users control_completion_rate treatment_completion_rate",
    "v_multimodal_skill_catalog": "skill_name modality_type input_format output_format requires_human_review "
    "total_sessions completion_rate avg_duration_seconds category_name domain",
}
"""The columns of the six views, in their order."""

_COLUMN = re.compile(r"(\*?)(\w+) (\w+)(\+?)(!?)(?:=(\S+))?(?: >(\w+))?")


def _table(line: str) -> tuple[str, Record]:
    """Returns a table's name and its shape, as `shapes.shape_of` tells it."""
    name, _, rest = line.partition(": ")
    columns, key, references, counted = {}, [], [], False
    for text in rest.split("; "):
        found = _COLUMN.fullmatch(text)
        if found is None:
            raise ValueError(text)
        star, column, kind, plus, bang, default, parent = found.groups()
        columns[column] = kind + " not null" * bool(bang) + (f" default {default}" if default else "")
        key += [column] * bool(star)
        counted |= bool(plus)
        if parent:
            references.append(f"{column} refers to {parent}")
    unique = [] if counted else [key]
    return name, {
        "type": "table",
        "columns": columns,
        "key": key,
        "unique": sorted([*unique, *([_UNIQUE[name]] if name in _UNIQUE else [])]),
        "references": sorted(references),
        "options": ["autoincrement"] if counted else [],
    }


def _index(line: str) -> tuple[str, Record]:
    name, table, columns = re.fullmatch(r"(\w+) (\w+)\((.*)\)", line).groups()  # type: ignore[union-attr]
    told = [column.replace(" DESC", " descending") for column in columns.split(", ")]
    return name, {"type": "index", "table": table, "columns": told, "options": []}


TABLES = dict(map(_table, _TABLES.strip().splitlines()))
OBJECTS: dict[str, Record] = {
    **TABLES,
    **dict(map(_index, _INDEXES.strip().splitlines())),
    **{name: {"type": "view", "columns": columns.split()} for name, columns in VIEWS.items()},
    TRIGGER: {
        "type": "trigger",
        "table": "skill_invocation",
        "fires": "after insert",
        "writes": ["skill_metrics_cache"],
    },
}
"""The 37 named objects of version 4 with their shapes: 14 tables, 16 indexes, 6 views and a trigger."""
