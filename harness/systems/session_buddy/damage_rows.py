"""Damage to rows: bookkeeping of other hands, and invocations and metrics that nothing in the schema forbids."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from random import Random

from harness.corruption import Corruption
from harness.systems.session_buddy import naming
from harness.systems.session_buddy.places import Edit, has, in_database, statement

_UNKNOWN, _LOST = "UNKNOWN_VERSION", "V3_MISSING"


def _bookkeeping(sql: str) -> Edit:
    return statement(sql, "skill_migrations")


def _invocation(sql: str, values: Sequence[object] = (None,)) -> Edit:
    """Returns a change of one invocation; `sql` sets columns, one of `values` is its parameter where it has one."""

    def edit(connection: sqlite3.Connection, random: Random) -> bool:
        found = connection.execute("SELECT id FROM skill_invocation ORDER BY id").fetchall()
        if not found:
            return False
        row = random.choice(found)[0]
        value = random.choice(values)
        parameters = (value, row) if "?" in sql else (row,)
        connection.execute(f"UPDATE skill_invocation SET {sql} WHERE id = ?", parameters)  # noqa: S608 - constants
        return True

    return edit


def _lost_metrics(connection: sqlite3.Connection, random: Random) -> bool:
    """A skill is in the invocations and not in the metrics, as after a trigger was lost for a while."""
    connection.execute("PRAGMA foreign_keys = OFF")
    known = (
        "SELECT DISTINCT skill_name FROM skill_invocation JOIN skill_metrics USING (skill_name) ORDER BY 1"
    )
    skills = connection.execute(known).fetchall()
    if not skills or has(connection, "skill_metrics_cache"):
        return False
    connection.execute("DELETE FROM skill_metrics WHERE skill_name = ?", random.choice(skills))
    return True


def _violation(connection: sqlite3.Connection, _: Random) -> bool:
    """Upstream's own taxonomy script writes with foreign keys off."""
    if not has(connection, "skill_modalities"):
        return False
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute(
        "INSERT INTO skill_modalities (skill_name, modality_type) VALUES ('never-used', 'code')"
    )
    return True


_ROWS: tuple[tuple[str, str, str, Edit], ...] = (
    ("first-row-missing", "version 1 is not recorded", "",
     _bookkeeping("DELETE FROM skill_migrations WHERE version LIKE 'V1%'")),
    ("second-row-missing", "version 2 is not recorded", _LOST,
     _bookkeeping("DELETE FROM skill_migrations WHERE version LIKE 'V2%'")),
    ("third-row-missing", "version 3 is not recorded", _LOST,
     _bookkeeping("DELETE FROM skill_migrations WHERE version LIKE 'V3%'")),
    ("third-row-failed", "version 3 is recorded as failed", _LOST,
     _bookkeeping("UPDATE skill_migrations SET success = 0 WHERE version LIKE 'V3%'")),
    ("no-rows", "nothing is recorded", _LOST, _bookkeeping("DELETE FROM skill_migrations")),
    ("numbered-versions", "versions are recorded as numbers", _UNKNOWN,
     _bookkeeping("UPDATE skill_migrations SET version = substr(version, 2, 1)")),
    ("future-version", "a later version is recorded", _UNKNOWN,
     _bookkeeping("INSERT INTO skill_migrations (version, applied_at) VALUES ('V9__later', '2026-02-20 10:00:00')")),
    ("fifth-version", "version 5 of another database is recorded", _UNKNOWN,
     _bookkeeping("INSERT INTO skill_migrations (version, applied_at) VALUES ('V5__ulid_migration', '2026-02-20 10:00:00')")),
    ("null-version", "a record has no version", _UNKNOWN,
     _bookkeeping("INSERT INTO skill_migrations (version, applied_at) VALUES (NULL, '2026-02-20 10:00:00')")),
    ("short-version", "a version is recorded by its number's short form", _UNKNOWN,
     _bookkeeping("INSERT INTO skill_migrations (version, applied_at) VALUES ('V4', '2026-02-20 10:00:00')")),
    ("odd-applied-at", "a record has a time that is none", "",
     _bookkeeping("UPDATE skill_migrations SET applied_at = 'yesterday' WHERE version LIKE 'V2%'")),
    ("unreadable-time", "an invocation's time cannot be read", "unparseable-time",
     _invocation("invoked_at = ?", naming.UNREADABLE)),
    ("blob-time", "an invocation's time is bytes", "unparseable-time",
     _invocation("invoked_at = ?", (b"2026-02-20T10:00:00+00:00",))),
    ("lost-metrics", "a skill has no metrics", "unknown-skill", _lost_metrics),
    ("text-duration", "a duration is text, negative or without end", "",
     _invocation("duration_seconds = ?", ("slow", -0.5, float("inf"), float("-inf"), b"\x01"))),
    ("odd-completed", "an invocation is completed in another way than 0 and 1", "",
     _invocation("completed = ?", (2, -1, "true", "yes", 0.5, b"\x01"))),
    ("odd-embedding", "an embedding has another length", "",
     _invocation("embedding = ?", (b"", b"\0" * 4, b"\0" * 1537, "text"))),
    ("odd-json", "a column of JSON is torn", "", _invocation("alternatives_considered = '[\"torn'")),
    ("empty-phase", "most phases are empty texts", "",
     statement("UPDATE skill_invocation SET workflow_phase = '' WHERE id % 5 <> 0", "skill_invocation")),
    ("metrics-not-json", "the paths of every skill's metrics are no JSON", "",
     statement("UPDATE skill_metrics SET workflow_paths = 'torn'", "skill_metrics")),
    ("query-not-utf-8", "a user's words are not UTF-8", "", _invocation("user_query = CAST(x'636166e9' AS TEXT)")),
    ("session-not-utf-8", "a session's name is not UTF-8", "",
     _invocation("session_id = CAST(x'636166e9' AS TEXT)")),
    ("session-moved", "an invocation was moved to another session", "", _invocation("session_id = 'moved'")),
    ("rows-deleted", "invocations were deleted, the metrics still count them", "",
     statement("DELETE FROM skill_invocation WHERE id % 2 = 1", "skill_invocation")),
    ("skill-never-used", "there are metrics of a skill without invocations", "",
     statement("INSERT INTO skill_metrics (skill_name) VALUES ('k8s-deploy-old')", "skill_metrics")),
    ("null-skill", "there are metrics of no skill", "",
     statement("INSERT INTO skill_metrics (skill_name, total_invocations) VALUES (NULL, 2)", "skill_metrics")),
    ("counter-ahead", "the counter of the invocations is far ahead", "",
     statement("UPDATE sqlite_sequence SET seq = seq + 1000 WHERE name = 'skill_invocation'", "skill_invocation")),
    ("key-violation", "a row of version 4 refers to no skill", "", _violation),
)  # fmt: skip

ROWS = {
    name: Corruption(name, summary, frozenset({shown} - {""}), in_database(edit))
    for name, summary, shown, edit in _ROWS
}
