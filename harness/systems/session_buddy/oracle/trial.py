"""Trying the database out: an invocation of a known and of a new skill, each taken back, as session-buddy would write it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

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
