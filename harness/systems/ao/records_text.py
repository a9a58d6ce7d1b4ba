"""One session record as the bytes of its file, in the layouts of the legacy releases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from harness.systems.ao.model import Lifecycle, Project, Session

_encode = msgspec.json.Encoder().encode


def json_file(session: Session, project: Project, root: str) -> bytes:
    """Returns a V2 record: two-space JSON and a line feed (`packages/core/src/metadata.ts`)."""
    return msgspec.json.format(_encode(fields(session, project, root)), indent=2) + b"\n"


def key_value_file(session: Session, project: Project, root: str) -> bytes:
    """Returns a V1 record: lines of ``key=value``; what is not text is compact JSON (`key-value.ts`, 0.1 to 0.3)."""
    lines = []
    for key, value in fields(session, project, root).items():
        if value is None or value == "":
            continue
        text = value if isinstance(value, str) else json_text(value)
        lines.append(f"{key}={text}\n")
    return "".join(lines).encode()


def fields(session: Session, project: Project, root: str) -> dict[str, Any]:
    """Returns the keys of a record in the order in which the legacy tool writes them."""
    worktree = f"{root}/{session.worktree}" if session.worktree else ""
    record: dict[str, Any] = {"worktree": worktree, "branch": session.branch}
    if session.status is not None:
        record["status"] = session.status
    if session.tmux_name is not None:
        record["tmuxName"] = session.tmux_name
    if session.issue is not None:
        record["issue"] = session.issue
    record["project"] = project.id
    if session.agent:
        record["agent"] = session.agent
    if session.created_at is not None:
        record["createdAt"] = session.created_at
    handle = _handle(session, worktree)
    if handle is not None:
        record["runtimeHandle"] = handle
    if session.lifecycle is not None:
        record.update(_lifecycle(session.lifecycle, session.encoding, handle, session.tmux_name))
    if session.role is not None:
        record["role"] = session.role
    if session.prompt is not None:
        record["userPrompt"] = session.prompt
    if session.display_name is not None:
        record["displayName"] = session.display_name
    record.update(session.resume)
    record.update(session.ballast)
    return record


def json_text(value: Any) -> str:
    """Returns a value as compact JSON, as ``JSON.stringify`` gives it."""
    return _encode(value).decode()


def transcript_file(session: Session, root: str) -> bytes:
    """Returns a Claude conversation: one JSON object a line, each naming the directory in which it took place."""
    lines = []
    session_id = session.resume.get("claudeSessionUuid", "")
    for number, text in enumerate(session.transcript or ()):
        speaker = "assistant" if number % 2 else "user"
        lines.append(
            _encode(
                {
                    "type": speaker,
                    "sessionId": session_id,
                    "cwd": f"{root}/{session.worktree}",
                    "gitBranch": session.branch,
                    "timestamp": session.created_at,
                    "message": {"role": speaker, "content": text},
                }
            )
        )
    return b"\n".join([*lines, b""])


def _handle(session: Session, worktree: str) -> dict[str, Any] | None:
    if session.tmux_name is None or session.lifecycle is None or not session.lifecycle.handle:
        return None
    data = {"createdAt": session.mtime_ns // 1_000_000, "workspacePath": worktree}
    return {"id": session.tmux_name, "runtimeName": "tmux", "data": data}


def _lifecycle(
    lifecycle: Lifecycle, encoding: str, handle: Mapping[str, Any] | None, tmux_name: str | None
) -> dict[str, Any]:
    value: dict[str, Any] = {"version": 2, "session": lifecycle.session}
    if lifecycle.pr is not None:
        value["pr"] = lifecycle.pr
    if lifecycle.runtime is not None:
        value["runtime"] = {**lifecycle.runtime, "handle": handle, "tmuxName": tmux_name}
    if encoding == "nested":
        for part in ("session", "runtime"):
            if part in value:
                value[part] = json_text(value[part])
    if encoding in {"object", "nested"}:
        return {"lifecycle": value}
    if encoding == "string":
        return {"lifecycle": json_text(value)}
    if encoding == "payload":
        return {"stateVersion": "2", "statePayload": json_text(value)}
    return {"stateVersion": 2, "statePayload": value}
