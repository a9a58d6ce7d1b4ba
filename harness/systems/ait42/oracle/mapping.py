"""From an element's values to the target's columns, with an issue for each value that could not be kept as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.records import Record, Value
from harness.systems.ait42.oracle.merging import Merged, Part
from harness.systems.ait42.oracle.serde import Row

I64 = 2**63 - 1
_ROUND = re.compile(r"round_[0-9]+")
_SESSION_STATUSES = frozenset({"running", "completed", "failed", "paused"})
_INSTANCE_STATUSES = _SESSION_STATUSES | {"idle", "archived", "timeout"}
_RUNTIMES = frozenset({"claude", "gemini", "codex"})
_ROLES = frozenset({"user", "assistant", "system"})


@dataclass(frozen=True, slots=True)
class Issue:
    """A row of ``migration_issues`` but for its number."""

    source: str
    entity: str
    entity_id: str
    field: str
    original: Value
    stored: Value
    reason: str

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """Returns what is unique."""
        return (self.source, self.entity, self.entity_id, self.field, self.reason)


Told = Callable[[str, Value, Value, str], None]
"""Takes an issue's field, the original and the stored value as text, and the reason."""


def session_row(session: Merged, workspace: str, tell: Told) -> dict[str, Value]:
    """Returns a session's row without the two counts."""
    row = session.scalars
    return {
        "id": row["id"],
        "workspace_path": workspace,
        "type": row["type"],
        "task": row["task"],
        "status": _status(row["status"], _SESSION_STATUSES, tell),
        "created_at": row["createdAt"],
        "updated_at": row["updatedAt"],
        "completed_at": row["completedAt"],
        "model": row["model"],
        "timeout_seconds": _positive(row["timeoutSeconds"], tell),
        "preserve_worktrees": 1 if row["preserveWorktrees"] else 0,
        "winner_id": row["winnerId"],
        "runtime_mix": row["runtimeMix"],
        "total_duration": _fitting(row["totalDuration"], tell),
        "total_files_changed": row["totalFilesChanged"],
        "total_lines_added": row["totalLinesAdded"],
        "total_lines_deleted": row["totalLinesDeleted"],
    }


def instance_row(session: str, row: Row, tell: Told) -> Record:
    """Returns an instance's row without its number in the table."""
    return {
        "session_id": session,
        "instance_id": row["instanceId"],
        "worktree_path": row["worktreePath"],
        "branch": row["branch"],
        "agent_name": row["agentName"],
        "status": _status(row["status"], _INSTANCE_STATUSES, tell),
        "tmux_session_id": row["tmuxSessionId"],
        "output": row["output"],
        "start_time": row["startTime"],
        "end_time": row["endTime"],
        "files_changed": row["filesChanged"],
        "lines_added": row["linesAdded"],
        "lines_deleted": row["linesDeleted"],
        "runtime": _runtime(row["runtime"], tell),
        "model": row["model"],
        "runtime_label": row["runtimeLabel"],
    }


def message_row(session: str, row: Row, instances: frozenset[int], tell: Told) -> Record:
    """Returns a message's row without its id; its instance is the pair of session and number."""
    number, role = row["instanceId"], row["role"]
    found = number in instances
    if number is not None and not found:
        tell("instanceId", str(number), None, "dangling-instance")
    if role not in _ROLES:
        tell("role", role, "system", "role-replaced")
    return {
        "session_id": session,
        "instance_id_ref": [session, number] if found else None,
        "role": role if role in _ROLES else "system",
        "content": row["content"],
        "timestamp": row["timestamp"],
    }


def session_issues(session: Merged, instances: frozenset[int], tell: Told) -> Iterator[Issue]:
    """Yields the issues that are not about one value: twins, instances not stored, a winner that is not there."""
    winner = session.scalars["winnerId"]
    if winner is not None and winner not in instances:
        tell("winnerId", str(winner), str(winner), "dangling-winner")
    for part in session.losers:
        yield Issue(part.source, "session", session.id, "id", as_json(part.row), None, "duplicate-session")
    for part in session.shadowed:
        yield Issue(
            part.source, "instance", entity_of(session.id, part), "instanceId", as_json(part.row), None,
            "duplicate-instance",
        )  # fmt: skip


def entity_of(session: str, part: Part) -> str:
    """Returns how issues name an instance."""
    return f"{session}/{part.row['instanceId']}"


def as_json(row: Row) -> str:
    """Returns an object as the one line of JSON in which an issue keeps it."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _status(text: str, allowed: frozenset[str], tell: Told) -> str:
    if text in allowed:
        return text
    stored = "running" if text == "started" or _ROUND.fullmatch(text) else "paused"
    tell("status", text, stored, "status-replaced")
    return stored


def _positive(seconds: int | None, tell: Told) -> int | None:
    if seconds == 0:
        tell("timeoutSeconds", "0", None, "timeout-zero")
        return None
    return seconds


def _fitting(number: int | None, tell: Told) -> int | None:
    if number is not None and number > I64:
        tell("totalDuration", str(number), None, "out-of-range")
        return None
    return number


def _runtime(text: str | None, tell: Told) -> str | None:
    if text is None or text in _RUNTIMES:
        return text
    tell("runtime", text, None, "runtime-replaced" if text else "runtime-empty")
    return None
