"""The fourth version of the skills database: every object that it adds, as SQL, in the order in which they are made.

In effect these are the objects of `V4__phase4_extensions__up.sql` (lesleslie/session-buddy, unchanged since its commit
3e8eed6): the same tables, columns, defaults, keys, indexes and trigger, and views that answer alike, where they answer
oddly, too, since programs read them. Upstream's down script of April 2026 drops the third version as well; ours is
`withdrawal`.
"""

import hashlib

VERSION = "V4__phase4_extensions"
DESCRIPTION = (
    "Phase 4: Advanced analytics, real-time monitoring, cross-session learning, and multi-modal skills"
)
EARLIER = ("V1__initial_schema", "V2__add_semantic_search", "V3__add_workflow_correlation")
SKILL = "skill_metrics(skill_name)"

TABLES = {
    "skill_metrics_cache": f"""
        skill_name TEXT PRIMARY KEY, last_invocation_at TEXT NOT NULL, invocation_count_1h INTEGER DEFAULT 0,
        invocation_count_24h INTEGER DEFAULT 0, avg_completion_rate_24h REAL, is_anomalous BOOLEAN DEFAULT 0,
        anomaly_score REAL, updated_at TEXT NOT NULL, UNIQUE (skill_name),
        FOREIGN KEY (skill_name) REFERENCES {SKILL}""",
    "skill_time_series": f"""
        id INTEGER PRIMARY KEY AUTOINCREMENT, skill_name TEXT NOT NULL, timestamp TEXT NOT NULL,
        invocation_count INTEGER DEFAULT 0, completion_rate REAL, avg_duration_seconds REAL,
        unique_sessions INTEGER DEFAULT 0, FOREIGN KEY (skill_name) REFERENCES {SKILL}""",
    "skill_anomalies": f"""
        id INTEGER PRIMARY KEY AUTOINCREMENT, skill_name TEXT NOT NULL, detected_at TEXT NOT NULL,
        anomaly_type TEXT NOT NULL, baseline_value REAL, observed_value REAL, deviation_score REAL, resolved_at TEXT,
        FOREIGN KEY (skill_name) REFERENCES {SKILL}""",
    "skill_community_baselines": f"""
        skill_name TEXT PRIMARY KEY, total_users INTEGER DEFAULT 0, total_invocations INTEGER DEFAULT 0,
        global_completion_rate REAL, global_avg_duration_seconds REAL, most_common_workflow_phase TEXT,
        effectiveness_percentile REAL, last_updated TEXT NOT NULL, UNIQUE (skill_name),
        FOREIGN KEY (skill_name) REFERENCES {SKILL}""",
    "skill_user_interactions": f"""
        id INTEGER PRIMARY KEY AUTOINCREMENT, user_id TEXT NOT NULL, session_id TEXT NOT NULL,
        skill_name TEXT NOT NULL, invoked_at TEXT NOT NULL, completed BOOLEAN NOT NULL, rating REAL,
        alternatives_considered TEXT, FOREIGN KEY (skill_name) REFERENCES {SKILL}""",
    "skill_clusters": """
        cluster_id INTEGER PRIMARY KEY AUTOINCREMENT, cluster_name TEXT NOT NULL, description TEXT,
        centroid_embedding BLOB, created_at TEXT NOT NULL, UNIQUE (cluster_name)""",
    "skill_cluster_membership": f"""
        skill_name TEXT NOT NULL, cluster_id INTEGER NOT NULL, membership_score REAL,
        PRIMARY KEY (skill_name, cluster_id), FOREIGN KEY (skill_name) REFERENCES {SKILL},
        FOREIGN KEY (cluster_id) REFERENCES skill_clusters(cluster_id)""",
    "ab_test_configs": """
        test_id INTEGER PRIMARY KEY AUTOINCREMENT, test_name TEXT NOT NULL UNIQUE, description TEXT,
        control_strategy TEXT NOT NULL, treatment_strategy TEXT NOT NULL, start_date TEXT NOT NULL, end_date TEXT,
        min_sample_size INTEGER DEFAULT 100, metrics TEXT, assignment_ratio REAL DEFAULT 0.5,
        status TEXT DEFAULT 'running', created_at TEXT NOT NULL DEFAULT (datetime('now'))""",
    "ab_test_assignments": """
        assignment_id INTEGER PRIMARY KEY AUTOINCREMENT, test_id INTEGER NOT NULL, user_id TEXT NOT NULL,
        group_name TEXT NOT NULL, assigned_at TEXT NOT NULL DEFAULT (datetime('now')),
        FOREIGN KEY (test_id) REFERENCES ab_test_configs(test_id), UNIQUE (test_id, user_id)""",
    "ab_test_outcomes": f"""
        outcome_id INTEGER PRIMARY KEY AUTOINCREMENT, test_id INTEGER NOT NULL, user_id TEXT NOT NULL,
        skill_name TEXT NOT NULL, completed BOOLEAN NOT NULL, duration_seconds REAL, user_rating REAL,
        recorded_at TEXT NOT NULL DEFAULT (datetime('now')),
        FOREIGN KEY (test_id) REFERENCES ab_test_configs(test_id), FOREIGN KEY (skill_name) REFERENCES {SKILL}""",
    "skill_categories": """
        category_id INTEGER PRIMARY KEY AUTOINCREMENT, category_name TEXT NOT NULL UNIQUE,
        parent_category_id INTEGER, description TEXT, domain TEXT, created_at TEXT NOT NULL DEFAULT (datetime('now')),
        FOREIGN KEY (parent_category_id) REFERENCES skill_categories(category_id)""",
    "skill_category_mapping": f"""
        skill_name TEXT NOT NULL, category_id INTEGER NOT NULL, confidence_score REAL,
        assigned_at TEXT NOT NULL DEFAULT (datetime('now')), PRIMARY KEY (skill_name, category_id),
        FOREIGN KEY (skill_name) REFERENCES {SKILL},
        FOREIGN KEY (category_id) REFERENCES skill_categories(category_id)""",
    "skill_dependencies": f"""
        skill_a TEXT NOT NULL, skill_b TEXT NOT NULL, co_occurrence_count INTEGER DEFAULT 1, lift_score REAL,
        last_updated TEXT NOT NULL DEFAULT (datetime('now')), PRIMARY KEY (skill_a, skill_b),
        FOREIGN KEY (skill_a) REFERENCES {SKILL}, FOREIGN KEY (skill_b) REFERENCES {SKILL}""",
    "skill_modalities": f"""
        skill_name TEXT PRIMARY KEY, modality_type TEXT NOT NULL, input_format TEXT, output_format TEXT,
        requires_human_review BOOLEAN DEFAULT 0, created_at TEXT NOT NULL DEFAULT (datetime('now')),
        FOREIGN KEY (skill_name) REFERENCES {SKILL}""",
}
INDEXES = {
    "idx_metrics_cache_updated": "skill_metrics_cache(updated_at)",
    "idx_time_series_skill_timestamp": "skill_time_series(skill_name, timestamp DESC)",
    "idx_anomalies_detected_at": "skill_anomalies(detected_at DESC)",
    "idx_anomalies_skill": "skill_anomalies(skill_name, detected_at DESC)",
    "idx_user_interactions_user": "skill_user_interactions(user_id, invoked_at DESC)",
    "idx_user_interactions_skill": "skill_user_interactions(skill_name, completed)",
    "idx_user_interactions_session": "skill_user_interactions(session_id)",
    "idx_cluster_membership_cluster": "skill_cluster_membership(cluster_id)",
    "idx_ab_assignments_test_user": "ab_test_assignments(test_id, user_id)",
    "idx_ab_assignments_group": "ab_test_assignments(test_id, group_name)",
    "idx_ab_outcomes_test": "ab_test_outcomes(test_id)",
    "idx_ab_outcomes_user": "ab_test_outcomes(test_id, user_id)",
    "idx_category_mapping_skill": "skill_category_mapping(skill_name)",
    "idx_category_mapping_category": "skill_category_mapping(category_id)",
    "idx_dependencies_skill_a": "skill_dependencies(skill_a)",
    "idx_dependencies_lift": "skill_dependencies(lift_score DESC)",
}
TRIGGERS = {
    # The counters only ever grow: nothing takes an invocation out of them when its hour is over.
    "trg_metrics_cache_after_insert": """AFTER INSERT ON skill_invocation BEGIN
        INSERT INTO skill_metrics_cache
            (skill_name, last_invocation_at, invocation_count_1h, invocation_count_24h, updated_at)
        VALUES (NEW.skill_name, NEW.invoked_at, 1, 1, datetime('now'))
        ON CONFLICT (skill_name) DO UPDATE SET
            last_invocation_at = NEW.invoked_at, updated_at = datetime('now'),
            invocation_count_1h = invocation_count_1h + 1, invocation_count_24h = invocation_count_24h + 1;
    END""",
}
COMPLETED = "avg(CASE WHEN {}completed = 1 THEN 1.0 ELSE 0.0 END)"  # a share from 0 to 1
VIEWS = {
    "v_realtime_skill_dashboard": """
        SELECT c.skill_name, c.last_invocation_at, c.invocation_count_1h, c.invocation_count_24h,
            c.avg_completion_rate_24h, c.is_anomalous, c.anomaly_score, m.total_invocations, m.completion_rate,
            m.avg_duration_seconds
        FROM skill_metrics_cache AS c JOIN skill_metrics AS m ON m.skill_name = c.skill_name
        ORDER BY c.invocation_count_24h DESC""",
    # What upstream calls a slope is the span of the daily rates over the days less one, and NULL for two days.
    "v_skill_effectiveness_trend": f"""
        WITH days AS (
            SELECT skill_name, {COMPLETED.format("")} AS rate FROM skill_invocation
            WHERE datetime(invoked_at) >= datetime('now', '-7 days') GROUP BY skill_name, date(invoked_at))
        SELECT skill_name, avg(rate) AS avg_completion_rate_7d, max(rate) AS max_completion_rate_7d,
            min(rate) AS min_completion_rate_7d, (max(rate) - min(rate)) / nullif(count(*) - 1, 1) AS trend_slope
        FROM days GROUP BY skill_name""",
    # `user_invocations` are sessions.
    "v_community_baseline_comparison": f"""
        SELECT i.skill_name AS skill_name, count(DISTINCT i.session_id) AS user_invocations,
            {COMPLETED.format("i.")} AS user_completion_rate, b.global_completion_rate AS baseline_completion_rate,
            b.effectiveness_percentile AS effectiveness_percentile,
            {COMPLETED.format("i.")} - b.global_completion_rate AS delta_from_baseline
        FROM skill_invocation AS i JOIN skill_community_baselines AS b ON b.skill_name = i.skill_name
        GROUP BY i.skill_name, b.global_completion_rate, b.effectiveness_percentile""",
    "v_skill_dependency_network": """
        SELECT skill_a, skill_b, co_occurrence_count, lift_score,
            CASE WHEN lift_score > 2.0 THEN 'strong_positive' WHEN lift_score > 1.5 THEN 'moderate_positive'
                WHEN lift_score > 1.0 THEN 'weak_positive' WHEN lift_score = 1.0 THEN 'independent'
                WHEN lift_score > 0.5 THEN 'weak_negative' ELSE 'moderate_negative' END AS relationship_type
        FROM skill_dependencies WHERE lift_score IS NOT NULL ORDER BY co_occurrence_count DESC""",
    # The two groups are counted once for every outcome, and their rates are 1.0 or NULL.
    "v_ab_test_summary": """
        SELECT t.test_id, t.test_name, t.control_strategy, t.treatment_strategy, t.status,
            count(DISTINCT a.user_id) AS total_users,
            sum(CASE WHEN a.group_name = 'control' THEN 1 ELSE 0 END) AS control_users,
            sum(CASE WHEN a.group_name = 'treatment' THEN 1 ELSE 0 END) AS treatment_users,
            avg(CASE WHEN o.completed = 1 AND a.group_name = 'control' THEN 1.0 END) AS control_completion_rate,
            avg(CASE WHEN o.completed = 1 AND a.group_name = 'treatment' THEN 1.0 END) AS treatment_completion_rate
        FROM ab_test_configs AS t LEFT JOIN ab_test_assignments AS a ON a.test_id = t.test_id
            LEFT JOIN ab_test_outcomes AS o ON o.test_id = t.test_id AND o.user_id = a.user_id
        GROUP BY t.test_id, t.test_name, t.control_strategy, t.treatment_strategy, t.status""",
    # One row for each skill and category.
    "v_multimodal_skill_catalog": f"""
        SELECT i.skill_name, m.modality_type, m.input_format, m.output_format, m.requires_human_review,
            count(DISTINCT i.session_id) AS total_sessions, {COMPLETED.format("i.")} AS completion_rate,
            avg(i.duration_seconds) AS avg_duration_seconds, c.category_name, c.domain
        FROM skill_invocation AS i LEFT JOIN skill_modalities AS m ON m.skill_name = i.skill_name
            LEFT JOIN skill_category_mapping AS x ON x.skill_name = i.skill_name
            LEFT JOIN skill_categories AS c ON c.category_id = x.category_id
        GROUP BY i.skill_name, m.modality_type, m.input_format, m.output_format, m.requires_human_review,
            c.category_name, c.domain
        ORDER BY i.skill_name""",
}

UP: dict[str, tuple[str, str]] = {  # by name: its type, and the statement that makes it
    **{name: ("table", f"CREATE TABLE {name} ({body})") for name, body in TABLES.items()},
    **{name: ("index", f"CREATE INDEX {name} ON {on}") for name, on in INDEXES.items()},
    **{name: ("trigger", f"CREATE TRIGGER {name} {body}") for name, body in TRIGGERS.items()},
    **{name: ("view", f"CREATE VIEW {name} AS {query}") for name, query in VIEWS.items()},
}
CHECKSUM = hashlib.sha256(";\n".join(sql for _, sql in UP.values()).encode()).hexdigest()

# What the first three versions leave: by type, the names; of the two tables that the fourth leans on, their columns too.
BEFORE = {
    "table": "skill_invocation skill_metrics session_skills skill_migrations mv_daily_skills skill_invocation_fts",
    "index": "idx_invocation_session idx_invocation_skill idx_invocation_invoked_at idx_invocation_session_completed "
    "idx_session_skills_skill idx_migrations_applied_at idx_mv_daily_date idx_mv_daily_skill idx_invocation_embedding "
    "idx_invocation_workflow_phase idx_invocation_workflow_step idx_invocation_phase_completion",
    "trigger": "trg_skill_metrics_after_insert trg_session_skills_after_insert",
    "view": "v_session_skill_summary v_skill_effectiveness v_top_skills v_daily_skill_source "
    "v_skill_effectiveness_by_phase v_workflow_phase_patterns v_skills_by_phase_usage",
}
COLUMNS = {
    "skill_invocation": "id skill_name invoked_at session_id workflow_path completed duration_seconds user_query "
    "alternatives_considered selection_rank follow_up_actions error_type created_at embedding workflow_phase "
    "workflow_step_id",
    "skill_metrics": "skill_name total_invocations completed_invocations abandoned_invocations total_duration_seconds "
    "workflow_paths common_errors follow_up_actions avg_selection_rank recommendation_success_rate first_invoked "
    "last_invoked completion_rate avg_duration_seconds updated_at",
    "session_skills": "session_id skill_name invocation_count",
    "skill_migrations": "version applied_at description rollback_sql checksum applied_by success",
    "mv_daily_skills": "date skill_name invocations completions abandonments avg_duration_seconds",
}
