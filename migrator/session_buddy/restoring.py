"""Putting back into version 4 what a rollback took out of it: the rows of an export, where no other row has their place."""

import base64
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from typing import Any

from migrator import files
from migrator.database import quoted
from migrator.export import MANIFEST
from migrator.outcome import Refusal
from migrator.session_buddy import ddl


def restore(db: sqlite3.Connection, folder: str) -> dict[str, tuple[int, int]]:
    """The rows are there, as far as their place is free; gives for each table how many are new, of how many.

    Raises Refusal when the export is not as it was written.
    """
    found = {}
    for table, about in _manifest(folder).items():
        if table not in ddl.TABLES:
            continue
        try:
            before = _rows(db, table)
            for row in _lines(folder, about):
                names, marks = ", ".join(map(quoted, row)), ", ".join("?" * len(row))
                db.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", [*row.values()])
            new = _rows(db, table) - before
        except (OSError, ValueError, TypeError, KeyError, AttributeError, sqlite3.OperationalError) as error:
            raise _invalid(folder, f"{table}: {error}") from error
        found[table] = new, about["rows"]
    return found


def drop_strays(db: sqlite3.Connection, known: set[tuple[Any, ...]]) -> Counter[str]:
    """No row points to nothing but those in `known`; how many of each table had to go for that."""
    gone = Counter[str]()
    while new := set(db.execute("PRAGMA foreign_key_check").fetchall()) - known:
        for table, rowid in {row[:2] for row in new}:
            gone[table] += db.execute(f"DELETE FROM {quoted(table)} WHERE rowid = ?", (rowid,)).rowcount
    return gone


def _manifest(folder: str) -> dict[str, Any]:
    try:
        found = json.loads(files.read(os.path.join(folder, MANIFEST), 1 << 24)[0])
        for about in found.values():
            path = os.path.join(folder, os.path.basename(about["file"]))
            if files.digest(path) != about["sha256"]:
                raise _invalid(folder, f"{about['file']} is not as it was written")
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _invalid(folder, str(error)) from error
    return {table: found[table] for table in [*ddl.TABLES, *found] if table in found}


def _lines(folder: str, about: dict[str, Any]) -> Iterator[dict[str, Any]]:
    count = 0
    with open(os.path.join(folder, os.path.basename(about["file"])), encoding="ascii") as stream:
        for count, line in enumerate(stream, 1):  # noqa: B007 - it is used afterwards
            row = json.loads(line)
            yield {
                name: base64.b64decode(v["base64"]) if isinstance(v, dict) else v for name, v in row.items()
            }
    if count != about["rows"]:
        raise ValueError(f"{count} rows instead of {about['rows']}")


def _rows(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _invalid(folder: str, why: str) -> Refusal:
    return Refusal(
        "EXPORT_INVALID", f"{folder} is no export that can be put back: {why}. Nothing was changed."
    )
