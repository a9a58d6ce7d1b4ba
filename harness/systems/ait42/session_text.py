"""Sessions as the bytes of their file, as serde's pretty printer writes them: every key, in order, absent as null.

Two spaces, nothing escaped that need not be, no line feed at the end; ``json.dumps(indent=2, ensure_ascii=False)``
gives the same bytes, but for U+007F, which both leave alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from harness.systems.ait42.model import Instance, Message, Session


def document(sessions: Iterable[Session], workspace: str) -> bytes:
    """Returns the bytes of a session file; `workspace` is the absolute path that worktrees lie below."""
    rows = [session_row(session, workspace) for session in sessions]
    return json.dumps(rows, indent=2, ensure_ascii=False).encode()


def session_row(session: Session, workspace: str) -> dict[str, Any]:
    """Returns a session as the object that is written, keys in order."""
    return {
        "id": session.id,
        "type": session.type,
        "task": session.task,
        "status": session.status,
        "createdAt": session.created_at,
        "updatedAt": session.updated_at,
        "completedAt": session.completed_at,
        "instances": [_instance_row(instance, workspace) for instance in session.instances],
        "chatHistory": [_message_row(message) for message in session.chat],
        "model": session.model,
        "timeoutSeconds": session.timeout,
        "preserveWorktrees": session.preserve,
        "winnerId": session.winner,
        "runtimeMix": None if session.runtime_mix is None else list(session.runtime_mix),
        "totalDuration": session.duration,
        "totalFilesChanged": session.files_changed,
        "totalLinesAdded": session.lines_added,
        "totalLinesDeleted": session.lines_deleted,
    }


def _instance_row(instance: Instance, workspace: str) -> dict[str, Any]:
    return {
        "instanceId": instance.number,
        "worktreePath": instance.worktree.replace("{workspace}", workspace),
        "branch": instance.branch,
        "agentName": instance.agent,
        "status": instance.status,
        "tmuxSessionId": instance.tmux,
        "output": instance.output,
        "startTime": instance.started,
        "endTime": instance.ended,
        "filesChanged": instance.files_changed,
        "linesAdded": instance.lines_added,
        "linesDeleted": instance.lines_deleted,
        "runtime": instance.runtime,
        "model": instance.model,
        "runtimeLabel": instance.runtime_label,
    }


def _message_row(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "role": message.role,
        "content": message.content,
        "timestamp": message.timestamp,
        "instanceId": message.instance,
    }
