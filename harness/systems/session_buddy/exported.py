"""An export that an earlier rollback left, moved to a folder of the user's: rows of version 4 as ``docs/contract.md`` has them."""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3

from harness.systems.session_buddy import rows_v4, schema_v4
from harness.systems.session_buddy.database import empty, opened
from harness.systems.session_buddy.model import Invocation, LegacyState

FOLDER = "exported"
"""Where it lies in the home."""
_GONE = Invocation("skill-of-another-time", "2026-02-11T10:20:00+00:00", "s")


def files(state: LegacyState) -> dict[str, bytes]:
    """Returns the files of an export by name: what the features of version 4 wrote, also on a skill that is not there any more."""
    found: dict[str, bytes] = {}
    manifest: dict[str, object] = {}
    with opened(empty("manager")) as (connection, _):
        for text in schema_v4.OBJECTS.values():
            connection.execute(text)
        rows_v4.fill(connection, (*state.invocations, _GONE))
        for table in schema_v4.TABLES:
            lines = _lines(connection, table)
            if lines:
                content = "".join(line + "\n" for line in lines).encode("ascii")
                found[f"{table}.jsonl"] = content
                digest = hashlib.sha256(content).hexdigest()
                manifest[table] = {"file": f"{table}.jsonl", "rows": len(lines), "sha256": digest}
    return {**found, "manifest.json": json.dumps(manifest).encode("ascii")}


def _lines(connection: sqlite3.Connection, table: str) -> list[str]:
    cursor = connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - names of our own
    names = [column[0] for column in cursor.description]
    return [
        json.dumps({name: _told(value) for name, value in zip(names, row, strict=True)}) for row in cursor
    ]


def _told(value: object) -> object:
    return {"base64": base64.b64encode(value).decode("ascii")} if isinstance(value, bytes) else value
