"""One session: its row in the rewrite's table, made of a legacy document."""

from __future__ import annotations

import re
from typing import Any

from harness.records import Record
from harness.systems.ao.oracle.inventory import Found
from harness.systems.ao.oracle.javascript import sound_text
from harness.systems.ao.oracle.lifecycle import Lifecycle
from harness.systems.ao.oracle.schema import HARNESSES
from harness.systems.ao.oracle.timestamps import first_readable, from_mtime, read_legacy

RESUME_KEYS = {
    "claude-code": "claudeSessionUuid",
    "codex": "codexThreadId",
    "opencode": "opencodeSessionId",
}
"""Where legacy keeps the id by which an agent resumes a conversation."""

_TOKEN = re.compile(r"[A-Za-z0-9._-]+")


def created_at(found: Found, lifecycle: Lifecycle) -> str:
    """Returns when a session began: its own word, its lifecycle's, or the mtime of its file."""
    written = (found.document.get("createdAt"), lifecycle.session.get("startedAt"))
    return first_readable(written, from_mtime(found.mtime_ns))


def session_row(found: Found, project: str, prefix: str, lifecycle: Lifecycle, num: int | None) -> Record:
    """Returns the row of a session that goes on."""
    document = found.document
    born = created_at(found, lifecycle)
    moved = read_legacy(lifecycle.session.get("lastTransitionAt"))
    active = moved or read_legacy(lifecycle.runtime.get("lastObservedAt")) or born
    agent = document.get("agent")
    harness = agent if isinstance(agent, str) and agent in HARNESSES else ""
    return {
        "id": found.id,
        "project_id": project,
        "num": num,
        "issue_id": _text(document.get("issue")),
        "kind": "orchestrator" if _is_orchestrator(found, prefix, lifecycle) else "worker",
        "harness": harness,
        "activity_state": lifecycle.activity,
        "activity_last_at": active,
        "is_terminated": 0,
        "branch": _text(document.get("branch")),
        "workspace_path": _text(document.get("worktree")),
        "runtime_handle_id": "",
        "agent_session_id": _resume_id(document, harness),
        "prompt": _text(document.get("userPrompt")),
        "created_at": born,
        "updated_at": moved or born,
        "display_name": _text(document.get("displayName")),
        "first_signal_at": active,
    }


def _is_orchestrator(found: Found, prefix: str, lifecycle: Lifecycle) -> bool:
    roles = (found.document.get("role"), lifecycle.session.get("kind"))
    return "orchestrator" in roles or found.id == f"{prefix}-orchestrator"


def _resume_id(document: dict[str, Any], harness: str) -> str:
    value = document.get(RESUME_KEYS.get(harness, ""))
    safe = isinstance(value, str) and _TOKEN.fullmatch(value) and value not in {".", ".."}
    return str(value) if safe else ""


def _text(value: Any) -> str:
    return sound_text(value) if isinstance(value, str) else ""
