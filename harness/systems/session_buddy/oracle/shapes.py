"""What an object of a schema is in effect, as SQLite's pragmas tell it: two texts that make the same have one shape."""

from __future__ import annotations

import re
import sqlite3

from harness.records import Record
from harness.sqlite_copy import quoted

_WRITES = re.compile(r"\b(?:insert(?:\s+or\s+\w+)?\s+into|delete\s+from|update)\s+\W?(\w+)", re.IGNORECASE)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def shape_of(connection: sqlite3.Connection, kind: str, name: str, sql: str) -> Record:
    """Returns the shape of a table, index, view or trigger; `sql` is the text that made it."""
    bare = _COMMENT.sub(" ", sql)
    try:
        if kind == "table":
            return _table(connection, name, bare)
        if kind == "index":
            return _index(connection, name, bare)
        if kind == "view":
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({quoted(name)})")]
            return {"type": "view", "columns": columns}
    except sqlite3.OperationalError as error:
        return {"type": kind, "columns": [f"cannot be read: {error}"]}
    found = re.search(
        r"\b(before|after|instead\s+of)\s+(insert|delete|update)\b.*?\bon\s+\W?(\w+)", bare, re.IGNORECASE
    )
    fires = f"{found[1]} {found[2]}".lower() if found else bare
    fires += " when" * bool(
        re.search(r"\bwhen\b.*\bbegin\b", bare.split("BEGIN")[0] + "begin", re.IGNORECASE | re.DOTALL)
    )
    writes = {name.lower() for name in _WRITES.findall(bare)} - {"set"}
    table = found[3].lower() if found else ""
    return {"type": "trigger", "table": table, "fires": fires, "writes": sorted(writes)}


def _table(connection: sqlite3.Connection, name: str, sql: str) -> Record:
    info = connection.execute(f"PRAGMA table_xinfo({quoted(name)})").fetchall()
    references = [
        f"{row[3]} refers to {row[2]}" + _beyond(row)
        for row in connection.execute(f"PRAGMA foreign_key_list({quoted(name)})")
    ]
    unique = {
        tuple(part for part, _ in _columns(connection, str(row[1])))
        for row in connection.execute(f"PRAGMA index_list({quoted(name)})").fetchall()
        if row[2] and not row[4]
    }
    words = ("autoincrement", "check", "without rowid", "strict", "collate", "generated always")
    return {
        "type": "table",
        "columns": {str(row[1]): _column(row) for row in info},
        "key": [str(row[1]) for row in sorted(info, key=lambda row: int(row[5])) if row[5]],
        "unique": sorted(map(list, unique)),
        "references": sorted(references),
        "options": [word for word in words if re.search(rf"\b{word}\b", sql, re.IGNORECASE)],
    }


def _column(row: tuple[object, ...]) -> str:
    _, _, kind, not_null, default, *_ = row
    told = str(kind).upper() + " not null" * bool(not_null)
    if default is None:
        return told
    text = str(default).strip()
    while text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    now = re.sub(r"\s", "", text).lower() in {"datetime('now')", "current_timestamp"}
    return f"{told} default {'now' if now else text}"


def _beyond(row: tuple[object, ...]) -> str:
    """Returns what a foreign key does apart from referring; nothing for an ordinary one."""
    _, _, parent, _, key, update, delete, match = row
    own = key not in {None, _KEYS.get(str(parent))}
    acts = [
        f" on {verb} {act}" for verb, act in (("update", update), ("delete", delete)) if act != "NO ACTION"
    ]
    return f" by {key}" * own + "".join(acts) + f" match {match}" * (match != "NONE")


_KEYS = {
    "skill_metrics": "skill_name",
    "skill_clusters": "cluster_id",
    "ab_test_configs": "test_id",
    "skill_categories": "category_id",
}


def _index(connection: sqlite3.Connection, name: str, sql: str) -> Record:
    (table,) = connection.execute(
        "SELECT tbl_name FROM sqlite_master WHERE type = 'index' AND name = ?", [name]
    ).fetchone()
    options = ["unique"] if re.match(r"\s*create\s+unique\b", sql, re.IGNORECASE) else []
    options += ["partial"] if re.search(r"\)\s*where\b", sql, re.IGNORECASE) else []
    columns = [part + " descending" * falls for part, falls in _columns(connection, name)]
    return {"type": "index", "table": table, "columns": columns, "options": options}


def _columns(connection: sqlite3.Connection, index: str) -> list[tuple[str, bool]]:
    rows = connection.execute(f"PRAGMA index_xinfo({quoted(index)})").fetchall()
    return [(str(row[2] or "an expression"), bool(row[3])) for row in rows if row[5]]
