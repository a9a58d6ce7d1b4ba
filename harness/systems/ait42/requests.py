"""What clients of a store ask for: sessions begin, change and talk, are listed and searched for; drawn for one home.

Every change says something that no other says, so that it can be told from all others.  Clients meet: in sessions
that are there, in those that another has begun, and in requests that are made twice, as by a client that had no answer.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Sequence
from random import Random
from typing import Any

from harness.dialogue import Request
from harness.home import Home
from harness.systems.ait42 import naming
from harness.systems.ait42.model import MAPPING
from harness.systems.ait42.places import rows_of, session_files

_NOW = "2026-01-07T07:00:00.000Z"
_TASKS = ("fix the parser", "日本語のタスク", "c++ auth-fix", 'say "hi" OR 100%', "", "two\nlines")
_KINDS = ("create", "update", "update", "say", "say", "say", "get", "list", "search", "again", "wrong")


class _Drawing:
    """Draws requests about the sessions and workspaces of a home."""

    def __init__(self, home: Home, random: Random) -> None:
        self._random, self._count = random, 0
        self._salt = f"{random.randrange(1 << 32):08x}"
        files = [(path, rows_of(home, path) or []) for path in session_files(home, random)]
        self._sessions = [row["id"] for _, rows in files for row in rows]
        self._workspaces = [*_workspaces(home), "/srv/new place/新規"]
        self._changes: list[dict[str, Any]] = []

    def request(self) -> Request:
        """Returns the next request."""
        kind = self._random.choice(_KINDS)
        if kind == "create" or not self._sessions:
            return self._changed(self._create())
        session = self._random.choice(self._sessions)
        if kind == "update":
            return self._changed({"do": "update_session", "session": session, "fields": self._fields()})
        if kind == "say":
            return self._changed({"do": "add_message", "session": session, "message": self._message()})
        if kind == "again" and self._changes:
            return copy.deepcopy(self._random.choice(self._changes))
        if kind == "wrong":
            return self._wrong(session)
        return self._look(kind, session)

    def _look(self, kind: str, session: str) -> Request:
        if kind == "list":
            return {"do": "list"} | self._random.choice(
                [{}, {"workspace": self._random.choice(self._workspaces)}]
            )
        if kind == "search":
            words = ["parser", "本語", "auth-fix", '"hi" OR', "nobody wrote this", f"{self._salt}-1"]
            return {"do": "search", "text": self._random.choice(words)}
        name = self._random.choice([session, session, f"nobody-{self._salt}"])
        return {"do": "get", "session": name}

    def _changed(self, request: dict[str, Any]) -> Request:
        self._changes.append(request)
        return request

    def _own(self) -> str:
        self._count += 1
        return f"{self._salt}-{self._count}"

    def _create(self) -> dict[str, Any]:
        own, random = self._own(), self._random
        session = {
            "id": naming.uuid(random.getrandbits(128)),
            "type": random.choice(["competition", "ensemble", "debate"]),
            "task": f"{random.choice(_TASKS)} {own}",
            "status": random.choice(["running", "completed", "round_2"]),
            "createdAt": _NOW,
            "updatedAt": _NOW,
            "instances": [self._instance(number) for number in range(random.randrange(3))],
            "chatHistory": [self._message(of=(None,)) for _ in range(random.randrange(3))],
            "timeoutSeconds": random.choice([None, 0, 600]),
            "runtimeMix": random.choice([None, [], ["claude", "codex"]]),
        }
        self._sessions.append(session["id"])
        return {"do": "create_session", "workspace": random.choice(self._workspaces), "session": session}

    def _instance(self, number: int) -> dict[str, Any]:
        own = self._own()
        return {
            "instanceId": number, "worktreePath": f"/srv/{own}", "branch": own, "agentName": "🤖 Agent",
            "status": self._random.choice(["idle", "running", "archived"]), "tmuxSessionId": own,
            "output": self._random.choice([None, f"\x1b[0m{own}"]),
        }  # fmt: skip

    def _message(self, of: Sequence[int | None] = (None, None, 0, 1, 77)) -> dict[str, Any]:
        own, random = self._own(), self._random
        return {
            "id": f"msg-{own}", "role": random.choice(["user", "assistant", "system", "tool"]), "content": f"said {own} 続けて",
            "timestamp": _NOW, "instanceId": random.choice(of),
        }  # fmt: skip

    def _fields(self) -> dict[str, Any]:
        own, random = self._own(), self._random
        some = {
            "task": f"{random.choice(_TASKS)} {own}",
            "status": random.choice(["completed", "failed", "paused"]),
            "model": own,
            "completedAt": _NOW,
            "totalFilesChanged": self._count,
            "instances": [self._instance(random.randrange(3))],
        }
        return {name: some[name] for name in sorted(random.sample(sorted(some), random.randint(1, 4)))}

    def _wrong(self, session: str) -> Request:
        return self._random.choice([
            {"do": "update_session", "session": session, "fields": {"task": None}},
            {"do": "update_session", "session": session, "fields": {"nothing": 1}},
            {"do": "update_session", "session": f"nobody-{self._salt}", "fields": {"task": "no"}},
            {"do": "add_message", "session": session, "message": {"id": self._own(), "role": "user"}},
        ])  # fmt: skip


def _workspaces(home: Home) -> list[str]:
    """Returns the workspaces that the mapping knows under the name that their own path gives."""
    try:
        found = json.loads(home.content(MAPPING))
    except (LookupError, ValueError):
        return []
    return sorted(
        path
        for name, path in found.items()
        if isinstance(path, str) and hashlib.sha256(path.encode()).hexdigest()[:16] == name
    )


def requests(home: Home, random: Random, clients: int, operations: int) -> list[list[Request]]:
    """Returns for each client what it asks for, numbered in `id`."""
    drawing = _Drawing(home, random)
    asked = [[drawing.request() for _ in range(clients)] for _ in range(operations)]
    return [_numbered([turn[client] for turn in asked]) for client in range(clients)]


def settling() -> list[Request]:
    """Returns what one client asks for: what differs, to have it mended, what differs now, and what there is."""
    return _numbered(
        [{"do": "reconcile"}, {"do": "reconcile", "mend": True}, {"do": "reconcile"}, {"do": "list"}]
    )


def _numbered(asked: Sequence[Request]) -> list[Request]:
    return [{"id": number, **request} for number, request in enumerate(asked)]
