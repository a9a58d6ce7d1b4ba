"""The legacy state of the Agent Orchestrator as values, before it is written to a home.

Paths are relative to the home, so that the same state can lie anywhere.  Times inside records are text, as the
legacy tool keeps them; file times are integer ns UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from harness.amounts import share, span
from harness.shape import HomeShape

Form = Literal["v2", "v1"]
Encoding = Literal["object", "string", "nested", "payload", "payload-object", "status"]
"""How a record carries its lifecycle: as object; as JSON text; as object whose parts are JSON text; as
``statePayload`` text with ``stateVersion`` "2"; the same as object with the number 2; or only as ``status``."""
WorktreeState = Literal["present", "gone", "linked", "repo"]
TargetKind = Literal["ready", "used", "shared", "missing", "newer", "older", "gap", "empty", "not-a-database"]
Journal = Literal["wal", "delete", "wal-pending"]

LEGACY = ".agent-orchestrator"
DATA = ".ao/data"
STATES = ("working", "idle", "needs_input", "not_started", "stuck", "detecting", "done", "terminated")
LIVE_STATES = STATES[:6]
LIVE_STATUSES = (
    "working", "spawning", "starting", "idle", "needs_input", "stuck", "detecting", "pr_open", "ci_failed",
    "review_pending", "changes_requested", "approved", "mergeable", "merged",
)  # fmt: skip
ENDED_STATUSES = ("killed", "terminated", "done", "errored", "cleanup")
AGENTS = ("claude-code", "codex", "opencode", "aider", "cursor", "grok", "kimicode", "goose", "")
"""Agents that legacy releases recorded; empty stands for records of 0.1.0, which name none."""
RESUME_KEYS = {
    "claude-code": "claudeSessionUuid",
    "codex": "codexThreadId",
    "opencode": "opencodeSessionId",
}
ENCODINGS: tuple[Encoding, ...] = ("object", "status", "payload", "payload-object", "string", "nested")


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What `packages/core/src/lifecycle-state.ts` keeps of a session, version 2.

    `session`, `pr` and `runtime` are the three parts, ready for JSON; `runtime` without its handle, which the
    writer adds where `handle` is set.  A part that is None is left out.
    """

    session: Mapping[str, Any]
    pr: Mapping[str, Any] | None = None
    runtime: Mapping[str, Any] | None = None
    handle: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """One session record and what lies beside it.

    Attributes:
        worktree: path relative to the home; empty where the record names none.
        resume: the keys by which an agent finds its conversation again.
        ballast: keys that no migration uses, in the order in which they are written.
        transcript: the texts of the Claude conversation; None where there is no file.
        stopped: listed in ``last-stop.json``.
    """

    id: str
    agent: str = "claude-code"
    role: str | None = None
    branch: str = ""
    worktree: str = ""
    worktree_state: WorktreeState = "gone"
    lifecycle: Lifecycle | None = None
    encoding: Encoding = "object"
    status: str | None = None
    issue: str | None = None
    prompt: str | None = None
    display_name: str | None = None
    created_at: str | None = None
    resume: Mapping[str, str] = field(default_factory=dict)
    tmux_name: str | None = None
    ballast: Mapping[str, Any] = field(default_factory=dict)
    transcript: tuple[str, ...] | None = None
    stopped: bool = False
    mtime_ns: int = 0


@dataclass(frozen=True, slots=True)
class Project:
    """One registry entry, its repository, its local settings and its sessions.

    Attributes:
        path: of the repository, relative to the home.
        prefix: ``sessionPrefix`` of the entry; None where the entry leaves it to be derived.
        origin: URL of the remote; empty for a repository without one.
        repo_form: how the entry names the remote: as mapping, as text, under the old key, or not at all.
        local: the project's ``agent-orchestrator.yaml``; None where there is none.
        exists: the repository is still there.
        storage_key: the folder of a V1 project below the legacy root.
        keyed: the entry of a V1 project names that folder; otherwise only the folder's name tells.
        archive: ended V1 sessions: file name below ``sessions/archive`` → content.
    """

    id: str
    path: str
    sessions: tuple[Session, ...] = ()
    prefix: str | None = None
    display_name: str | None = None
    name_key: Literal["displayName", "name"] = "displayName"
    default_branch: str | None = "main"
    origin: str = ""
    repo_form: Literal["mapping", "text", "originUrl", "none"] = "mapping"
    registered_at: int | None = None  # epoch seconds
    tilde: bool = False  # path written as ~/…
    local: Mapping[str, Any] | None = None
    local_mtime_ns: int = 0
    exists: bool = True
    form: Form = "v2"
    storage_key: str = ""
    keyed: bool = True
    archive: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """Returns the folder of the project's sessions and worktrees, below the legacy root."""
        return f"projects/{self.id}" if self.form == "v2" else self.storage_key or "0" * 12


@dataclass(frozen=True, slots=True)
class TargetState:
    """What lies at ``~/.ao/data/ao.db``; `linked` makes ``~/.ao/data`` a link to another folder of the home."""

    kind: TargetKind = "ready"
    journal: Journal = "wal"
    linked: bool = False


@dataclass(frozen=True, slots=True)
class LegacyState:
    """A whole home before migration.

    Attributes:
        settings: the top level of ``config.yaml`` but for ``projects``.
        preferences: ``portfolio/preferences.json``; None where there is none.
        registered: entries of ``portfolio/registered.json`` as (project id, addedAt, whether the id is named).
        extras: which other files of the legacy tool are there, see `bystanders.EXTRAS`.
        clock_ns: the instant at which the user stops the legacy tool for good.
    """

    user: str = "u"
    projects: tuple[Project, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    preferences: Mapping[str, Any] | None = None
    registered: tuple[tuple[str, str, bool], ...] = ()
    extras: tuple[str, ...] = ()
    target: TargetState = TargetState()
    clock_ns: int = 1_781_697_600_000_000_000  # 2026-06-17T12:00:00Z, when schema 12 was the newest

    @property
    def root(self) -> str:
        """Returns where this user's home would lie."""
        return f"/home/{self.user}"


class Shape(HomeShape, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What ``home = {…}`` of a scenario may say; a span is a number or ``"a..b"``, both ends included.

    A share is ``"none"``, ``"some"``, ``"all"`` or a number from 0 to 1 as text.

    Raises:
        ValueError: a span or share cannot be read, or names an impossible amount.
    """

    projects: int | str = "1..3"
    sessions: int | str = "0..6"  # for each project
    terminated: str = "some"
    transcripts: str = "some"
    worktrees: str = "some"
    forms: Literal["v2", "v1", "mixed"] = "v2"
    encodings: list[Encoding] = msgspec.field(default_factory=lambda: list(ENCODINGS))
    agents: list[str] = msgspec.field(default_factory=lambda: list(AGENTS))
    target: TargetKind = "ready"
    journal: Journal = "wal"
    linked_data: bool = False

    def __post_init__(self) -> None:
        span(self.projects)
        span(self.sessions)
        for text in (self.terminated, self.transcripts, self.worktrees):
            share(text)
        if not self.encodings or not self.agents:
            raise ValueError("encodings and agents must each name at least one")
        HomeShape.__post_init__(self)
