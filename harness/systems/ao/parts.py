"""Parts of records that both ways of making states put together: lifecycles, worktrees, defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.systems.ao import naming
from harness.systems.ao.model import LEGACY, Lifecycle, Project

REASONS: Mapping[str, tuple[str, ...]] = {
    "not_started": ("spawn_requested",),
    "working": (
        "task_in_progress",
        "agent_acknowledged",
        "pr_created",
        "fixing_ci",
        "resolving_review_comments",
    ),
    "idle": ("awaiting_external_review", "research_complete", "merged_waiting_decision"),
    "needs_input": ("awaiting_user_input",),
    "stuck": ("probe_failure", "error_in_process"),
    "detecting": ("runtime_lost", "agent_process_exited"),
    "done": ("pr_merged", "research_complete", "merged_waiting_decision"),
    "terminated": ("manually_killed", "auto_cleanup", "pr_merged", "agent_process_exited"),
}
"""State → reasons that legacy gives for it (`packages/core/src/lifecycle-state.ts`)."""

RUNTIMES: Mapping[str, tuple[str, str]] = {
    "not_started": ("unknown", "spawn_incomplete"),
    "detecting": ("probe_failed", "probe_error"),
    "done": ("exited", "process_missing"),
    "terminated": ("missing", "manual_kill_requested"),
}

SETTINGS: Mapping[str, Any] = {
    "port": 3000,
    "readyThresholdMs": 300_000,
    "observability": {"logLevel": "warn", "stderr": False},
    "defaults": {
        "runtime": "tmux",
        "agent": "claude-code",
        "workspace": "worktree",
        "notifiers": ["composio", "desktop"],
    },
    "notifiers": {},
    "notificationRouting": {
        "urgent": ["desktop", "composio"],
        "action": ["desktop", "composio"],
        "warning": ["composio"],
        "info": ["composio"],
    },
    "reactions": {},
}
"""What the legacy tool writes into a new ``config.yaml``."""


def lifecycle(
    kind: str, state: str, reason: str, created_ms: int, *, moved_ms: int, pr_number: int = 0
) -> Lifecycle:
    """Returns the complete lifecycle of a session that reached its state at `moved_ms`; no pull request when 0."""
    moved = naming.iso(moved_ms)
    session = {
        "kind": kind,
        "state": state,
        "reason": reason,
        "startedAt": None if state == "not_started" else naming.iso(created_ms + 5_000),
        "completedAt": moved if state == "done" else None,
        "terminatedAt": moved if state == "terminated" else None,
        "lastTransitionAt": moved,
    }
    runtime_state, runtime_reason = RUNTIMES.get(state, ("alive", "process_running"))
    runtime = {
        "state": runtime_state,
        "reason": runtime_reason,
        "lastObservedAt": None if state == "not_started" else naming.iso(moved_ms + 30_000),
    }
    return Lifecycle(session, _pull_request(pr_number, moved), runtime, handle=state != "not_started")


def _pull_request(number: int, seen: str) -> dict[str, Any]:
    if not number:
        return {"state": "none", "reason": "not_created", "number": None, "url": None, "lastObservedAt": None}
    return {
        "state": "open",
        "reason": "review_pending",
        "number": number,
        "url": f"https://github.example/acme/app/pull/{number}",
        "lastObservedAt": seen,
    }


def worktree_path(project: Project, session_id: str, *, old: bool = False) -> str:
    """Returns where a session's worktree lies; `old` is the place of releases before 0.4."""
    if old:
        return f".worktrees/{project.id}/{session_id}"
    return f"{LEGACY}/{project.folder}/worktrees/{session_id}"


def own_prefix(project: Project) -> str:
    """Returns the prefix of the project's session ids."""
    return project.prefix or naming.session_prefix(project.path.rsplit("/", 1)[-1])


def free_prefix(folder: str, taken: set[str], *, ending: str = "") -> str:
    """Returns the prefix for a new project and marks it as taken; a taken one gets ``-1``, ``-2``, …

    With the ending ``-orchestrator``, workers are named like the numbered orchestrators of another project.
    """
    wanted = naming.session_prefix(folder)
    if not wanted.replace("-", "").replace("_", "").isalnum() or not wanted.isascii():
        wanted = "app"
    wanted += ending
    prefix, number = wanted, 0
    while prefix in taken:
        number += 1
        prefix = f"{wanted}-{number}"
    taken.add(prefix)
    return prefix
