"""Trying the database out, each thing taken back: invocations as session-buddy writes them, and rows at the views' edges."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from harness.systems.session_buddy.oracle.database import tables_of
from harness.systems.session_buddy.oracle.views import view_problems

_NEW = "harness-trial-skill"
_INSERT = "INSERT INTO skill_invocation (skill_name, invoked_at, session_id, completed) VALUES (?, ?, ?, 1)"
_AT, _SESSION = "2026-03-02T00:00:00+00:00", "harness-trial-session"
_COUNTS = {
    "skill_metrics": "SELECT total_invocations FROM skill_metrics WHERE skill_name = ?",
    "session_skills": "SELECT invocation_count FROM session_skills WHERE skill_name = ? AND session_id LIKE 'harness-trial-%'",
}
_CACHE = {
    "skill_metrics_cache": "SELECT invocation_count_1h FROM skill_metrics_cache WHERE skill_name = ?",
}
# Lifts at and beside each bound of the view; what only one side of a join has; a test that nobody takes part in.
_EDGES = """
INSERT INTO skill_dependencies (skill_a, skill_b, co_occurrence_count, lift_score) VALUES ('trial-a', 'b', 1, 2.5),
    ('trial-a', 'c', 2, 2.0), ('trial-a', 'd', 3, 1.75), ('trial-a', 'e', 4, 1.5), ('trial-a', 'f', 5, 1.25),
    ('trial-a', 'g', 6, 1.0), ('trial-a', 'h', 7, 0.75), ('trial-a', 'i', 8, 0.5), ('trial-a', 'j', 9, NULL);
INSERT INTO skill_metrics_cache (skill_name, last_invocation_at, invocation_count_24h, updated_at)
    VALUES ('trial-a', '2026-02-20', 3, '2026-02-20');
INSERT INTO skill_community_baselines (skill_name, last_updated) VALUES ('trial-a', '2026-02-20');
INSERT INTO skill_modalities (skill_name, modality_type) VALUES ('trial-a', 'code');
INSERT INTO ab_test_configs (test_name, control_strategy, treatment_strategy, start_date)
    VALUES ('trial-test', 'one', 'other', '2026-02-20')"""


def edge_problems(connection: sqlite3.Connection) -> Iterator[str]:
    """Yields where a view is wrong about rows that the database happens not to have: those at the edges of its words."""
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("SAVEPOINT edges")
    try:
        for statement in _EDGES.split(";"):
            connection.execute(statement)
        yield from view_problems(connection)
    except sqlite3.Error as error:
        yield f"rows of version 4 cannot be written: {error}"
    finally:
        connection.execute("ROLLBACK TO edges")
        connection.execute("RELEASE edges")


def trial_problems(connection: sqlite3.Connection, *, recorded: bool) -> Iterator[str]:
    """Yields what does not work as before, and, with version 4, whether its cache counts along.

    Foreign keys are checked, as session-buddy itself has them.
    """
    connection.execute("PRAGMA foreign_keys = ON")
    known = connection.execute("SELECT skill_name FROM skill_invocation ORDER BY id LIMIT 1").fetchone()
    for skill in [_NEW, *(known or ())]:
        told = "a new skill" if skill == _NEW else "a known skill"
        connection.execute("SAVEPOINT trial")
        try:
            yield from _inserted(connection, skill, told, _COUNTS | (_CACHE if recorded else {}))
        except sqlite3.Error as error:
            yield f"skill_invocation: an invocation of {told} cannot be written: {error}"
        finally:
            connection.execute("ROLLBACK TO trial")
            connection.execute("RELEASE trial")


def _inserted(
    connection: sqlite3.Connection, skill: object, told: str, counts: dict[str, str]
) -> Iterator[str]:
    def ask(query: str) -> int:
        row = connection.execute(query, [skill]).fetchone()
        return row[0] if row and isinstance(row[0], int) else 0

    before = {table: ask(query) for table, query in counts.items()}
    connection.execute(_INSERT, [skill, _AT, _SESSION])
    for table, query in counts.items():
        grown = ask(query) - before[table]
        if grown != 1:
            yield f"{table}: an invocation of {told} counts {grown} times, not once"


def can_record(connection: sqlite3.Connection) -> bool:
    """Tells whether a version can be recorded without a trigger of somebody else forbidding it or changing other tables."""
    query = "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND lower(tbl_name) = 'skill_migrations'"
    if connection.execute(query).fetchone() is None:
        return True
    connection.execute("SAVEPOINT record")
    try:
        before = _but_bookkeeping(connection)
        connection.execute(
            "INSERT INTO skill_migrations (version, applied_at, success) VALUES ('harness-trial', '2026-03-02', 1)"
        )
        stays = "SELECT 1 FROM skill_migrations WHERE version = 'harness-trial'"
        return connection.execute(stays).fetchone() is not None and _but_bookkeeping(connection) == before
    except sqlite3.Error:
        return False
    finally:
        connection.execute("ROLLBACK TO record")
        connection.execute("RELEASE record")


def _but_bookkeeping(connection: sqlite3.Connection) -> dict[str, object]:
    return {
        name: list(rows.values())
        for name, rows in tables_of(connection).items()
        if name not in {"skill_migrations", "sqlite_master"}
    }
