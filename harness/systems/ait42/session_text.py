"""Sessions as the bytes of their file, as serde's pretty printer writes them: every key, in order, absent as null.

Two spaces, nothing escaped that need not be, no line feed at the end; `msgspec.json.format` gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from harness.systems.ait42.model import Session

_encode = msgspec.json.Encoder().encode


def document(sessions: Iterable[Session], workspace: str) -> bytes:
    """Returns the bytes of a session file; `workspace` is the absolute path that worktrees lie below."""
    return msgspec.json.format(_encode([_placed(session, workspace) for session in sessions]), indent=2)


def _placed(session: Session, workspace: str) -> Session:
    if not session.instances:
        return session
    instances = [
        replace(instance, worktree=instance.worktree.replace("{workspace}", workspace))
        for instance in session.instances
    ]
    return replace(session, instances=tuple(instances))
