"""Homes of AIT42 Editor written by hand, for tests: rows as the editor writes them, and files that hold them."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from harness.home import Home
from harness.systems.ait42.model import SESSIONS

ROOT = "/home/u"
HASH = "9dad1e4e08b0b11c"  # of /home/user/project, by the editor itself
OTHER = "a46d2df688f0b3d3"


def message(name: str = "msg-1", **changes: Any) -> dict[str, Any]:
    row = {
        "id": name,
        "role": "user",
        "content": "hello",
        "timestamp": "2025-11-11T09:00:00.000Z",
        "instanceId": None,
    }
    return row | changes


def instance(number: int = 1, **changes: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("output", "startTime", "endTime", "filesChanged", "linesAdded", "linesDeleted"))
    row = {
        "instanceId": number, "worktreePath": "", "branch": "b", "agentName": "🤖 A", "status": "idle",
        "tmuxSessionId": "t", **empty, "runtime": None, "model": None, "runtimeLabel": None,
    }  # fmt: skip
    return row | changes


def session(name: str = "s-1", **changes: Any) -> dict[str, Any]:
    row = {
        "id": name, "type": "competition", "task": "do it やって", "status": "running",
        "createdAt": "2025-11-11T09:00:00.000Z", "updatedAt": "2025-11-11T10:00:00.000Z", "completedAt": None,
        "instances": [], "chatHistory": [], "model": None, "timeoutSeconds": None, "preserveWorktrees": None,
        "winnerId": None, "runtimeMix": None, "totalDuration": None, "totalFilesChanged": None,
        "totalLinesAdded": None, "totalLinesDeleted": None,
    }  # fmt: skip
    return row | changes


def home(*rows: Any, name: str = HASH, mapped: bool = True) -> Home:
    made = Home.empty(ROOT)
    if mapped:
        made = made.with_file(
            ".ait42/workspace_mapping.json", json.dumps({HASH: "/home/user/project"}).encode()
        )
    return with_rows(made, *rows, name=name)


def with_rows(made: Home, *rows: Any, name: str = HASH) -> Home:
    return with_bytes(
        made, json.dumps(rows, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass"), name=name
    )


def with_bytes(made: Home, content: bytes, *, name: str = HASH) -> Home:
    return made.with_file(f"{SESSIONS}/{name}.json", content)


def with_database(made: Home, *statements: str, script: str = "") -> Home:
    """Returns the home after SQL on its database, which is made where there is none."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.db"
        if made.get(".ait42/sessions.db"):
            path.write_bytes(made.content(".ait42/sessions.db"))
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.executescript(script)
            for statement in statements:
                connection.execute(statement)
        return made.with_file(".ait42/sessions.db", path.read_bytes())
