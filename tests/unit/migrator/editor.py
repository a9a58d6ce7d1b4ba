"""A home of the AIT42 editor on disk, and what `sessions.db` holds read back as the JSON that it came from."""

import contextlib
import hashlib
import io
import json
import os
import sqlite3
from pathlib import Path
from typing import Any

from conftest import Answer, Picture, seen

from migrator import cli

STATE = ".local/state/migrator"
T0 = "2025-11-10T10:00:00.000Z"


def hashed(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()[:16]


def message(mid: str = "msg-1", **fields: Any) -> dict[str, Any]:
    return {"id": mid, "role": "user", "content": "hello", "timestamp": T0, "instanceId": None} | fields


def instance(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "instanceId": number, "worktreePath": f"/w/{number}", "branch": f"b{number}", "agentName": "agent 🤖",
        "status": "completed", "tmuxSessionId": f"t{number}", "output": "text\n\x1b[0m", "startTime": T0,
        "endTime": None, "filesChanged": 1, "linesAdded": 4294967295, "linesDeleted": 0, "runtime": "claude",
        "model": "sonnet", "runtimeLabel": None,
    } | fields  # fmt: skip


def session(sid: str = "s1", **fields: Any) -> dict[str, Any]:
    return {
        "id": sid, "type": "competition", "task": "日本語 task", "status": "completed", "createdAt": T0,
        "updatedAt": T0, "completedAt": None, "instances": [], "chatHistory": [], "model": None,
        "timeoutSeconds": 60, "preserveWorktrees": False, "winnerId": None, "runtimeMix": None,
        "totalDuration": None, "totalFilesChanged": None, "totalLinesAdded": None, "totalLinesDeleted": None,
    } | fields  # fmt: skip


SESSION_KEYS = [key for key in session() if key not in {"instances", "chatHistory"}]
SNAKE = {
    key: "".join(f"_{c.lower()}" if c.isupper() else c for c in key) for key in [*session(), *instance()]
}


class EditorHome:
    """Writes a home file by file; nothing of the migrator is used."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder = root, root / ".ait42"
        self.sessions, self.db = self.folder / "sessions", root / ".ait42" / "sessions.db"
        self.sessions.mkdir(parents=True)

    def file(self, name: str, content: Any, *, mapped: bool = True) -> Path:
        """A session file for the workspace path, or the bare 16 digits."""
        path = self.sessions / f"{hashed(name) if name.startswith('/') else name}.json"
        data = (
            content
            if isinstance(content, bytes)
            else json.dumps(content, indent=2, ensure_ascii=False).encode()
        )
        path.write_bytes(data)
        if mapped and name.startswith("/"):
            self.mapping({name: name})
        return path

    def mapping(self, paths: dict[str, str]) -> Path:
        """Adds entries: the path that gives the key -> the path that is written."""
        file = self.folder / "workspace_mapping.json"
        known = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps(known | {hashed(k): v for k, v in paths.items()}, indent=2))
        return file

    def run(self, *words: str) -> Answer:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = cli.main(["ait42", *words, "--home", str(self.root), "--json"])
        return Answer(status, json.loads(out.getvalue().splitlines()[-1]), out.getvalue())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            return db.execute(query).fetchall()

    def execute(self, statements: str) -> None:
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            db.execute("PRAGMA foreign_keys=ON")
            db.executescript(statements)

    def issues(self) -> set[tuple[Any, ...]]:
        return set(
            self.rows("SELECT reason, entity, entity_id, field, original, stored FROM migration_issues")
        )

    def exported(self) -> dict[str, dict[str, Any]]:
        """Every stored session as the editor's JSON."""
        found = {}
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            db.row_factory = sqlite3.Row
            for row in db.execute("SELECT * FROM sessions ORDER BY rowid").fetchall():
                one = {key: row[SNAKE[key]] for key in SESSION_KEYS}
                one["preserveWorktrees"] = bool(one["preserveWorktrees"])
                one["runtimeMix"] = None if one["runtimeMix"] is None else json.loads(one["runtimeMix"])
                own = db.execute(
                    "SELECT * FROM instances WHERE session_id = ? ORDER BY id", (row["id"],)
                ).fetchall()
                one["instances"] = [{key: part[SNAKE[key]] for key in instance()} for part in own]
                number = {part["id"]: part["instance_id"] for part in own}
                chat = db.execute(
                    "SELECT * FROM chat_messages WHERE session_id = ? ORDER BY rowid", (row["id"],)
                )
                one["chatHistory"] = [
                    {key: part[key] for key in ("id", "role", "content", "timestamp")}
                    | {"instanceId": number.get(part["instance_id_ref"])}
                    for part in chat
                ]
                assert (row["instance_count"], row["message_count"]) == (len(own), len(one["chatHistory"]))
                found[row["id"]] = one
        return found

    def picture(self, *, state: bool = True) -> Picture:
        """Kind, mode, time, size and bytes of every path; without our own state and the folders above it."""
        found: Picture = {}
        for folder, folders, files in os.walk(self.root):
            for path in [folder, *(os.path.join(folder, name) for name in (*folders, *files))]:
                name = os.path.relpath(path, self.root)
                if state or not (
                    name == "." or (STATE + "/").startswith(name + "/") or name.startswith(STATE)
                ):
                    found[name] = seen(path)
        return found
