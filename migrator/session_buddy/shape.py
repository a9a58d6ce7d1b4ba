"""Whether an object of the fourth version is what it should be, in effect: whoever made it, and with whatever text.

Tables and indexes are compared by what SQLite says of them; views and the trigger by what they do to a few rows.
"""

import contextlib
import functools
import re
import sqlite3
from collections.abc import Iterator
from typing import Any

from migrator.database import quoted
from migrator.session_buddy.ddl import COLUMNS, UP

MISSING, EQUAL, OLD_KEYS, OTHER = "missing", "equal", "old-keys", "other"
PATIENCE = 2_000_000  # steps of SQLite's machine that a stranger's view may take
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
WORDS = re.compile(r"\b(?:AUTOINCREMENT|CHECK|COLLATE|DEFERRED)\b")  # no pragma tells of these
TYPED = {"completed": "BOOLEAN", "duration_seconds": "REAL", "id": "INTEGER PRIMARY KEY"}
CACHE = "SELECT skill_name, last_invocation_at, invocation_count_1h, invocation_count_24h FROM skill_metrics_cache"

# Two skills, three sessions, days of the last week away from its ends, tests with outcomes, a skill in two categories;
# halves and quarters, which no order of adding rounds.
SAMPLE = """
INSERT INTO skill_metrics (skill_name, total_invocations, completion_rate, avg_duration_seconds)
    VALUES ('a', 7, 50.0, 1.5), ('b', 2, 0.0, NULL), ('c', 0, 0.0, NULL);
INSERT INTO skill_invocation (skill_name, invoked_at, session_id, completed, duration_seconds)
    VALUES ('a', datetime('now', '-30 hours'), 's', 1, 1.5), ('a', datetime('now', '-30 hours'), 't', 0, NULL),
    ('a', datetime('now', '-60 hours'), 't', 1, 2.25), ('a', datetime('now', '-90 hours'), 't', 2, 4.0),
    ('a', datetime('now', '-20 days'), 'u', 1, 8.0), ('b', datetime('now', '-60 hours'), 's', 0, NULL),
    ('b', 'nonsense', 's', 1, 0.5), ('c', datetime('now', '-30 hours'), 'u', 1, 3.0);
INSERT INTO skill_metrics_cache VALUES ('a', 'x', 3, 4, 0.5, 1, 2.5, 'y'), ('b', 'z', 1, 9, NULL, 0, NULL, 'y');
INSERT INTO skill_community_baselines
    VALUES ('a', 2, 3, 0.25, 1.0, 'p', 50.0, 'y'), ('b', 2, 3, NULL, 1.0, NULL, 0.0, 'y');
INSERT INTO skill_dependencies VALUES ('a', 'b', 9, 2.5, 'y'), ('b', 'c', 8, 1.75, 'y'), ('c', 'a', 7, 1.25, 'y'),
    ('a', 'd', 6, 1.0, 'y'), ('b', 'd', 5, 0.75, 'y'), ('c', 'd', 4, 0.5, 'y'), ('d', 'a', 3, NULL, 'y');
INSERT INTO ab_test_configs (test_id, test_name, control_strategy, treatment_strategy, start_date)
    VALUES (1, 't', 'k', 'l', 'x'), (2, 'n', 'k', 'l', 'x');
INSERT INTO ab_test_assignments (test_id, user_id, group_name)
    VALUES (1, 'u', 'control'), (1, 'v', 'treatment'), (1, 'w', 'treatment');
INSERT INTO ab_test_outcomes (test_id, user_id, skill_name, completed)
    VALUES (1, 'u', 'a', 1), (1, 'u', 'a', 0), (1, 'v', 'a', 1), (1, 'v', 'b', 1);
INSERT INTO skill_categories (category_id, category_name, domain) VALUES (1, 'e', 'code'), (2, 'f', NULL);
INSERT INTO skill_category_mapping (skill_name, category_id) VALUES ('a', 1), ('a', 2), ('b', 9);
INSERT INTO skill_modalities (skill_name, modality_type, input_format, requires_human_review)
    VALUES ('a', 'code', 'i', 1);
"""


@functools.cache
def _reference() -> sqlite3.Connection:
    """The fourth version in memory, over tables like those of the third, with a few rows."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    for table in ("skill_invocation", "skill_metrics"):
        columns = ", ".join(f"{name} {TYPED.get(name, '')}" for name in COLUMNS[table].split())
        db.execute(f"CREATE TABLE {table} ({columns})")
    for _, sql in UP.values():
        db.execute(sql)
    db.executescript("DROP TRIGGER trg_metrics_cache_after_insert;" + SAMPLE)
    db.execute(UP["trg_metrics_cache_after_insert"][1])
    return db


def examined(db: sqlite3.Connection) -> dict[str, str]:
    """For each name of the fourth version: whether the object is missing, equal, of old keys or something other."""
    found: dict[str, list[tuple[str, str, str | None]]] = {}
    for kind, name, sql in db.execute("SELECT type, name, sql FROM sqlite_master"):
        found.setdefault(name.lower(), []).append((kind, name, sql))
    return {name: _one(db, name, kind, found.get(name, [])) for name, (kind, _) in UP.items()}


def _one(db: sqlite3.Connection, ours: str, kind: str, found: list[tuple[str, str, str | None]]) -> str:
    if not found:
        return MISSING
    if len(found) > 1 or found[0][0] != kind:
        return OTHER
    _, name, sql = found[0]
    if kind in {"view", "trigger"}:
        return EQUAL if _does(kind, ours, name, sql or "") == _expected(kind, ours) else OTHER
    is_now, right = (
        (_table(db, name), _table(_reference(), ours))
        if kind == "table"
        else (_index(db, name), _index(_reference(), ours))
    )
    if is_now == right:
        return EQUAL
    if kind == "table" and _renamed(is_now) == right:
        return OLD_KEYS
    return OTHER


def _renamed(shape: tuple[Any, ...]) -> tuple[Any, ...]:
    """The shape of a table whose keys to skill_invocation were keys to skill_metrics."""
    *rest, keys = shape
    return (
        *rest,
        sorted((("skill_metrics", *key[1:]) if key[0] == "skill_invocation" else key) for key in keys),
    )


def _table(db: sqlite3.Connection, name: str) -> tuple[Any, ...]:
    columns = [
        (row[1].lower(), row[2].upper(), row[3], _plain(row[4]), *row[5:])
        for row in db.execute(f"PRAGMA main.table_xinfo({quoted(name)})")
    ]
    kind = [row[2:3] + row[4:] for row in db.execute(f"PRAGMA main.table_list({quoted(name)})")]
    sql = db.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)).fetchone()[0]
    words = sorted(set(WORDS.findall(COMMENT.sub(" ", sql or "").upper())))
    own = [row for row in db.execute(f"PRAGMA main.index_list({quoted(name)})") if row[3] != "c"]
    automatic = sorted((row[2], row[4], _columns(db, row[1])) for row in own)
    return columns, kind, words, automatic, _keys(db, name)


def _keys(db: sqlite3.Connection, name: str) -> list[tuple[Any, ...]]:
    keys: dict[int, list[tuple[Any, ...]]] = {}
    for row in db.execute(f"PRAGMA main.foreign_key_list({quoted(name)})"):
        keys.setdefault(row[0], []).append(row)
    return sorted(
        (
            rows[0][2].lower(),
            tuple((row[3].lower(), (row[4] or row[3]).lower()) for row in sorted(rows)),
            *rows[0][5:],
        )
        for rows in keys.values()
    )


def _index(db: sqlite3.Connection, name: str) -> tuple[Any, ...]:
    row = db.execute(
        "SELECT tbl_name FROM sqlite_master WHERE type = 'index' AND name = ?", (name,)
    ).fetchone()
    listed = [one for one in db.execute(f"PRAGMA main.index_list({quoted(row[0])})") if one[1] == name]
    return row[0].lower(), [one[2:] for one in listed], _columns(db, name)


def _columns(db: sqlite3.Connection, index: str) -> list[tuple[Any, ...]]:
    rows = db.execute(f"PRAGMA main.index_xinfo({quoted(index)})").fetchall()
    return [(row[2].lower() if row[2] else row[1], row[3], row[4].upper()) for row in rows if row[5]]


def _plain(default: str | None) -> str | None:
    return None if default is None else re.sub(r"\s+", "", default).lower()


@functools.cache
def _expected(kind: str, name: str) -> Any:
    return _does(kind, name, name, UP[name][1])


def _does(kind: str, ours: str, name: str, sql: str) -> Any:
    """What the view shows or the trigger does, in place of ours; None when it cannot even do that."""
    with _tried() as db:
        try:
            db.execute(f"DROP {kind} {ours}")
            db.execute(sql)
            if kind == "view":
                rows = db.execute(f"SELECT * FROM {quoted(name)}")
                names = [column[0] for column in rows.description]
                return names, sorted(rows, key=repr)  # not every order is promised
            values = "VALUES (?, ?, 's', 1)"
            query = f"INSERT INTO skill_invocation (skill_name, invoked_at, session_id, completed) {values}"
            db.executemany(query, [("a", "1"), ("a", "0"), ("c", "2"), ("new", "3")])
            return db.execute(f"{CACHE} ORDER BY 1").fetchall()
        except (sqlite3.Error, sqlite3.Warning):
            return None


@contextlib.contextmanager
def _tried() -> Iterator[sqlite3.Connection]:
    db = _reference()
    db.execute("BEGIN")
    db.set_progress_handler(lambda: 1, PATIENCE)
    try:
        yield db
    finally:
        db.set_progress_handler(None, 0)
        if db.in_transaction:
            db.execute("ROLLBACK")
