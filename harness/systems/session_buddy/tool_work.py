"""What session-buddy, or somebody with SQL, may do to the database between two steps; times are constants."""

from __future__ import annotations

import sqlite3

from harness.sqlite_work import Change
from harness.systems.session_buddy import database, rows_v4, schema_v4
from harness.systems.session_buddy.model import Invocation
from harness.systems.session_buddy.places import at_a_set_time, has

_INSERT = (
    "INSERT INTO skill_invocation (skill_name, invoked_at, session_id, completed, duration_seconds) "
    "VALUES (?, ?, ?, ?, ?)"
)


def _skills(connection: sqlite3.Connection) -> list[str]:
    """Returns the names of the skills that have metrics, sorted."""
    query = "SELECT skill_name FROM skill_metrics WHERE skill_name IS NOT NULL ORDER BY 1"
    return [str(row[0]) for row in connection.execute(query)]


def _invoked(*rows: tuple[str, str, str]) -> Change:
    """Returns work that adds invocations: skill (empty for one that is known), time and session of each."""

    def change(connection: sqlite3.Connection) -> bool:
        if not has(at_a_set_time(connection), "skill_invocation"):
            return False
        known = (_skills(connection) or ["mypy"])[0]
        for number, (skill, at, session) in enumerate(rows):
            connection.execute(_INSERT, (skill or known, at, session, number % 2, 2.5))
        return True

    return change


new_invocations = _invoked(
    ("", "2026-03-01T09:15:00+00:00", "after 移行後"),
    ("brand-new-skill", "2026-03-01T09:16:00.250000+00:00", "after 移行後"),
)
late_import = _invoked(("", "2026-02-20T10:00:00", "migrated"), ("", "2025-07-01 10:00:00Z", "migrated"))
future_invocation = _invoked(("", "2026-03-02T09:00:00+00:00", "tomorrow"))


def invocations_deleted(connection: sqlite3.Connection) -> bool:
    """Deletes the oldest invocation, as a retention by hand does; the metrics still count it."""
    if not has(connection, "skill_invocation"):
        return False
    query = "DELETE FROM skill_invocation WHERE id = (SELECT min(id) FROM skill_invocation)"
    return connection.execute(query).rowcount > 0


def own_work(connection: sqlite3.Connection) -> bool:
    """Uses every feature of version 4 once."""
    if not _complete(at_a_set_time(connection)):
        return False
    used = [Invocation(skill, "2026-02-11T10:20:00+00:00", "s") for skill in _skills(connection)]
    before = connection.total_changes
    rows_v4.fill(connection, used, verb="INSERT OR IGNORE")
    return connection.total_changes > before


def changed_rows(connection: sqlite3.Connection) -> bool:
    """Brings rows up to date in upstream's way: other counts, other rates, other lifts."""
    if not _complete(connection):
        return False
    before = connection.total_changes
    connection.execute("UPDATE skill_time_series SET completion_rate = completion_rate * 100")
    connection.execute("UPDATE skill_dependencies SET lift_score = lift_score / 100, last_updated = 'later'")
    connection.execute("UPDATE skill_community_baselines SET effectiveness_percentile = 50.0")
    connection.execute(
        "UPDATE skill_categories SET description = 'in our words 自分の' WHERE category_id = 1"
    )
    return connection.total_changes > before


def deleted_rows(connection: sqlite3.Connection) -> bool:
    """Empties the table of dependencies, as upstream does before it computes them anew; other rows, too."""
    if not _complete(connection):
        return False
    before = connection.total_changes
    connection.execute("DELETE FROM skill_dependencies")
    connection.execute("DELETE FROM skill_time_series WHERE id % 2 = 1")
    connection.execute("DELETE FROM skill_modalities")
    return connection.total_changes > before


def altered(connection: sqlite3.Connection) -> bool:
    """Alters or loses something of version 4 as no program of session-buddy's would."""
    if not _complete(connection):
        return False
    row = connection.execute("SELECT min(id), count(*) FROM skill_time_series").fetchone()
    if row[1]:
        connection.execute("UPDATE skill_time_series SET invocation_count = 999 WHERE id = ?", row[:1])
    else:
        connection.execute("DROP VIEW v_ab_test_summary")
    return True


def upstream_migrates(connection: sqlite3.Connection) -> bool:
    """Upstream's own migration to version 4 runs, where there is nothing of it yet."""
    if not has(connection, "skill_migrations") or any(has(connection, name) for name in schema_v4.OBJECTS):
        return False
    database.make_version_4(connection)
    database.record_version_4(connection, "manager")
    return True


def upstream_loop(connection: sqlite3.Connection) -> bool:
    """The loop that upstream proposes fills the time series from an instant that is no whole hour."""
    skills = _skills(connection) if _complete(connection) else []
    for skill in skills:
        connection.execute(
            "INSERT INTO skill_time_series (skill_name, timestamp, invocation_count, completion_rate, unique_sessions) "
            "VALUES (?, '2026-02-28T09:17:31.123456', 2, 0.5, 1)",
            (skill,),
        )
    return bool(skills)


def own_view(connection: sqlite3.Connection) -> bool:
    """Somebody puts a view of theirs on a table of version 4."""
    if not _complete(connection) or has(connection, "own_trend"):
        return False
    connection.execute("CREATE VIEW own_trend AS SELECT skill_name, timestamp FROM skill_time_series")
    return True


def upgraded(connection: sqlite3.Connection) -> bool:
    """A later session-buddy has another version."""
    if not _complete(connection):
        return False
    connection.execute("ALTER TABLE skill_anomalies ADD COLUMN severity TEXT")
    connection.execute(
        "INSERT INTO skill_migrations (version, applied_at) VALUES ('V5__severity', '2026-03-02 08:00:00')"
    )
    return True


def _complete(connection: sqlite3.Connection) -> bool:
    """Tells whether version 4 is there and recorded."""
    if not all(has(connection, name) for name in ("skill_migrations", *schema_v4.OBJECTS)):
        return False
    query = "SELECT 1 FROM skill_migrations WHERE version = ? AND success = 1"
    return connection.execute(query, (schema_v4.RECORD,)).fetchone() is not None


CHANGES: dict[str, tuple[str, Change]] = {
    "new-invocations": ("session-buddy has recorded invocations, of a new skill too", new_invocations),
    "late-import": ("older invocations were imported", late_import),
    "future-invocation": ("an invocation was recorded after the instant of the backfills", future_invocation),
    "invocations-deleted": ("the oldest invocation was deleted", invocations_deleted),
    "own-work": ("every feature of version 4 was used", own_work),
    "changed-rows": ("rows of version 4 were brought up to date in upstream's way", changed_rows),
    "deleted-rows": ("rows of version 4 were deleted", deleted_rows),
    "upstream-migrates": ("upstream's own migration to version 4 has run", upstream_migrates),
    "upstream-loop": ("upstream's own backfill of the time series has run", upstream_loop),
    "own-view": ("somebody has put a view on a table of version 4", own_view),
    "schema-moved": ("a later session-buddy has taken the database to version 5", upgraded),
}
"""What others do in order, by the actor's name."""
