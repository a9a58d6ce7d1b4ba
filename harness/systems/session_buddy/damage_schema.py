"""Damage to the schema of the database: objects of version 3 lost, names of version 4 taken, version 4 half there."""

from __future__ import annotations

import sqlite3
from random import Random

from harness.corruption import Corruption
from harness.systems.session_buddy import database, rows_v4, schema, schema_v4
from harness.systems.session_buddy.model import Invocation
from harness.systems.session_buddy.places import Apply, Edit, has, in_database, statement

_LEFT_OUT = (schema_v4.TRIGGER, *schema_v4.VIEWS)


def _only_first_versions(connection: sqlite3.Connection, random: Random) -> bool:
    """The database is of version 1 or 2, as the tool that made it left it."""
    if _any_of_version_4(connection):
        return False
    drops = "".join(f"DROP VIEW IF EXISTS {name};" for name in _views_of(schema.VERSION_3))
    drops += "".join(f"DROP INDEX IF EXISTS {name};" for name in _indexes_of(schema.VERSION_3))
    columns, gone = ["workflow_phase", "workflow_step_id"], ["V3__add_workflow_correlation"]
    if random.random() < 0.5:
        drops += "DROP INDEX IF EXISTS idx_invocation_embedding;"
        columns.append("embedding")
        gone.append("V2__add_semantic_search")
    drops += "".join(f"ALTER TABLE skill_invocation DROP COLUMN {name};" for name in columns)
    connection.executescript(drops)
    connection.executemany("DELETE FROM skill_migrations WHERE version = ?", [(name,) for name in gone])
    return True


def _views_of(script: str) -> list[str]:
    return [part.split()[0] for part in script.split("CREATE VIEW ")[1:]]


def _indexes_of(script: str) -> list[str]:
    return [part.split()[0] for part in script.split("CREATE INDEX ")[1:]]


def _any_of_version_4(connection: sqlite3.Connection) -> bool:
    return any(has(connection, name) for name in schema_v4.OBJECTS)


def _taken(sql: str) -> Edit:
    """Returns an object of somebody else under a name of version 4, which is not there."""

    def edit(connection: sqlite3.Connection, _: Random) -> bool:
        if _any_of_version_4(connection) or not has(connection, "skill_invocation"):
            return False
        connection.executescript(sql)
        return True

    return edit


def _old_keys(connection: sqlite3.Connection, random: Random) -> bool:
    """Version 4 as releases before 3e8eed6 made it: foreign keys to the invocations, which no row can satisfy."""
    if _any_of_version_4(connection) or not has(connection, "skill_invocation"):
        return False
    for text in schema_v4.OBJECTS.values():
        connection.execute(schema_v4.with_old_keys(text))
    if random.random() < 0.7:  # foreign keys are not enforced by default, so there may be rows all the same
        skills = connection.execute(
            "SELECT skill_name FROM skill_metrics WHERE skill_name IS NOT NULL ORDER BY 1"
        )
        used = [Invocation(str(skill), "2026-02-11T10:20:00+00:00", "s") for (skill,) in skills.fetchall()]
        connection.execute("PRAGMA foreign_keys = OFF")
        rows_v4.fill(connection, used)
    if random.random() < 0.5:
        database.record_version_4(connection, "manager")
    return True


def _recorded_only(connection: sqlite3.Connection, _: Random) -> bool:
    if _any_of_version_4(connection) or not has(connection, "skill_migrations"):
        return False
    database.record_version_4(connection, "manager")
    return True


def _incomplete(connection: sqlite3.Connection, random: Random) -> bool:
    """Version 4 is recorded, and some of it was dropped since."""
    query = "SELECT 1 FROM skill_migrations WHERE version = ? AND success = 1"
    if not has(connection, "skill_migrations"):
        return False
    if connection.execute(query, (schema_v4.RECORD,)).fetchone() is None:
        return False
    name = random.choice((*_LEFT_OUT, "idx_dependencies_lift", "skill_anomalies"))
    kind = connection.execute("SELECT type FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    if kind is not None:
        connection.execute(f"DROP {kind[0]} {name}")
    return kind is not None


def _stale_index(connection: sqlite3.Connection, _: Random) -> bool:
    """An index still names a row that its table has no more, as after a write that was torn."""
    name = "idx_invocation_skill"
    row = connection.execute("SELECT * FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    if row is None or connection.execute("SELECT 1 FROM skill_invocation").fetchone() is None:
        return False
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("DELETE FROM sqlite_master WHERE name = ?", (name,))
    connection.execute("PRAGMA writable_schema = RESET")
    connection.execute("DELETE FROM skill_invocation WHERE id = (SELECT max(id) FROM skill_invocation)")
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", row)
    connection.execute("PRAGMA writable_schema = RESET")
    return True


def _own_numbers(connection: sqlite3.Connection, _: Random) -> bool:
    connection.execute("PRAGMA user_version = 7")
    connection.execute("PRAGMA application_id = 77")
    return True


_LOST: tuple[tuple[str, str, str, Edit], ...] = (
    ("old-version", "the database is of version 1 or 2", "V3_MISSING", _only_first_versions),
    ("lost-metrics-trigger", "the trigger that keeps the metrics is lost", "V3_MISSING",
     statement("DROP TRIGGER trg_skill_metrics_after_insert", "trg_skill_metrics_after_insert")),
    ("lost-session-trigger", "the trigger that keeps the sessions' skills is lost", "V3_MISSING",
     statement("DROP TRIGGER trg_session_skills_after_insert", "trg_session_skills_after_insert")),
    ("lost-view", "a view of version 1 is lost", "V3_MISSING", statement("DROP VIEW v_top_skills", "v_top_skills")),
    ("lost-index", "an index of version 1 is lost", "V3_MISSING",
     statement("DROP INDEX idx_invocation_session", "idx_invocation_session")),
    ("lost-table", "a table that nothing fills is lost", "V3_MISSING",
     statement("DROP TABLE mv_daily_skills", "mv_daily_skills")),
    ("lost-search", "the search index is lost", "V3_MISSING",
     statement("DROP TABLE skill_invocation_fts", "skill_invocation_fts")),
    ("lost-column", "a column of version 3 is lost", "V3_MISSING",
     statement("DROP INDEX idx_invocation_workflow_step; ALTER TABLE skill_invocation DROP COLUMN workflow_step_id",
               "idx_invocation_workflow_step")),
    ("lost-invocations", "the table of invocations is lost", "NOT_SKILLS_DATABASE",
     statement("DROP TABLE skill_invocation", "skill_invocation")),
    ("lost-bookkeeping", "the bookkeeping is lost", "NOT_SKILLS_DATABASE",
     statement("DROP TABLE skill_migrations", "skill_migrations")),
)  # fmt: skip
_TAKEN: tuple[tuple[str, str, str, Edit], ...] = (
    ("taken-by-table", "a table of version 4 is there with other columns", "NAME_TAKEN",
     _taken("CREATE TABLE skill_anomalies (id INTEGER PRIMARY KEY, skill_name TEXT NOT NULL, kind TEXT)")),
    ("taken-by-column", "a table of version 4 lacks a column", "NAME_TAKEN",
     _taken("CREATE TABLE skill_modalities (skill_name TEXT PRIMARY KEY REFERENCES skill_metrics (skill_name), "
            "input_format TEXT, output_format TEXT, requires_human_review BOOLEAN DEFAULT 0, "
            "created_at TEXT NOT NULL DEFAULT (datetime('now')))")),
    ("view-name-taken", "a table bears the name of a view of version 4", "NAME_TAKEN",
     _taken("CREATE TABLE v_ab_test_summary (test_id INTEGER)")),
    ("table-name-taken", "a view bears the name of a table of version 4", "NAME_TAKEN",
     _taken("CREATE VIEW skill_clusters AS SELECT 1 AS cluster_id")),
    ("index-name-taken", "an index of another table bears a name of version 4", "NAME_TAKEN",
     _taken("CREATE INDEX idx_anomalies_skill ON skill_invocation (skill_name)")),
    ("trigger-name-taken", "another trigger bears the name of that of version 4", "NAME_TAKEN",
     _taken("CREATE TABLE own_log (n); CREATE TRIGGER trg_metrics_cache_after_insert AFTER INSERT ON "
            "skill_invocation BEGIN INSERT INTO own_log VALUES (1); END")),
)  # fmt: skip
_ODD: tuple[tuple[str, str, str, Edit], ...] = (
    ("old-foreign-keys", "version 4 refers to the invocations", "OLD_FOREIGN_KEYS", _old_keys),
    ("recorded-only", "version 4 is recorded, and nothing of it is there", "V4_INCOMPLETE", _recorded_only),
    ("incomplete", "version 4 is recorded, and an object of it is lost", "V4_INCOMPLETE", _incomplete),
    ("stale-index", "an index names a row that is gone", "DB_INVALID", _stale_index),
    ("own-objects", "others keep a table, a view, an index and a trigger in the database", "",
     statement("CREATE TABLE own_notes (id INTEGER PRIMARY KEY AUTOINCREMENT, note TEXT); "
               "CREATE VIEW own_view AS SELECT skill_name, count(*) AS n FROM skill_invocation GROUP BY 1; "
               "CREATE INDEX own_index ON skill_invocation (error_type); "
               "CREATE TRIGGER own_trigger AFTER INSERT ON skill_invocation BEGIN "
               "INSERT INTO own_notes (note) VALUES (NEW.skill_name); END; "
               "INSERT INTO own_notes (note) VALUES ('mine 私の')", "skill_invocation")),
    ("audited", "a trigger of somebody else notes in a table of theirs what is recorded", "DB_INVALID",
     statement("CREATE TABLE own_audit (version TEXT, noted_at TEXT); "
               "CREATE TRIGGER own_auditor AFTER INSERT ON skill_migrations BEGIN "
               "INSERT INTO own_audit VALUES (NEW.version, NEW.applied_at); END; "
               "INSERT INTO own_audit SELECT version, applied_at FROM skill_migrations", "skill_migrations")),
    ("own-version-numbers", "others have set the database's version and application number", "",
     _own_numbers),
)  # fmt: skip


def _catalogue() -> dict[str, Corruption]:
    made: dict[str, Corruption] = {}
    for name, summary, shown, edit in (*_LOST, *_TAKEN, *_ODD):
        apply: Apply = in_database(edit)
        made[name] = Corruption(name, summary, frozenset({shown} - {""}), apply)
    return made


SCHEMA = _catalogue()
