"""The legacy state of AIT42 Editor as values, before it is written to a home.

Paths are relative to the home, so that the same state can lie anywhere; in an instance's worktree ``{workspace}``
stands for the absolute path of its workspace.  Times inside records are text, as the editor keeps them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from harness.amounts import share, span
from harness.shape import HomeShape

Mapping = Literal["right", "none", "wrong"]
"""What ``workspace_mapping.json`` says of a workspace: its path, nothing, or another path."""
Spelling = Literal["", "slash", "link"]
"""How the debate runner was told the working directory: plainly, with a slash at its end, or by a link to it."""
TargetKind = Literal[
    "none", "ready", "used", "shared", "tables-only", "no-search", "newer", "empty", "not-a-database",
    "lineage-a", "lineage-b", "lineage-c", "lineage-d",
]  # fmt: skip
"""What lies at ``sessions.db``: nothing; an empty one of ours; one with sessions of its own; one that also knows two
of the legacy sessions; one of ours after its first or second step; one of a later version; and what is not ours."""
Journal = Literal["wal", "delete", "wal-pending"]

LEGACY = ".ait42"
SESSIONS = f"{LEGACY}/sessions"
MAPPING = f"{LEGACY}/workspace_mapping.json"
DATABASE = f"{LEGACY}/sessions.db"

SESSION_STATUSES = ("running", "completed", "failed", "paused")
INSTANCE_STATUSES = ("idle", "running", "completed", "failed", "paused", "archived")
RUNTIMES = ("claude", "codex", "gemini")


_OF_INSTANCE = {
    "number": "instanceId",
    "worktree": "worktreePath",
    "agent": "agentName",
    "tmux": "tmuxSessionId",
    "started": "startTime",
    "ended": "endTime",
    "files_changed": "filesChanged",
    "lines_added": "linesAdded",
    "lines_deleted": "linesDeleted",
    "runtime_label": "runtimeLabel",
}
_OF_SESSION = {
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "completed_at": "completedAt",
    "chat": "chatHistory",
    "timeout": "timeoutSeconds",
    "preserve": "preserveWorktrees",
    "winner": "winnerId",
    "runtime_mix": "runtimeMix",
    "duration": "totalDuration",
    "files_changed": "totalFilesChanged",
    "lines_added": "totalLinesAdded",
    "lines_deleted": "totalLinesDeleted",
}


class Message(msgspec.Struct, frozen=True, gc=False, rename={"instance": "instanceId"}):
    """One entry of ``chatHistory``."""

    id: str
    role: str = "user"
    content: str = "ok"
    timestamp: str = "2025-11-11T09:00:00.000Z"
    instance: int | None = None


class Instance(msgspec.Struct, frozen=True, gc=False, rename=_OF_INSTANCE):
    """One entry of ``instances``; ``{workspace}`` in its worktree stands for where the home is."""

    number: int
    worktree: str = ""
    branch: str = ""
    agent: str = "A"
    status: str = "running"
    tmux: str = ""
    output: str | None = None
    started: str | None = None
    ended: str | None = None
    files_changed: int | None = None
    lines_added: int | None = None
    lines_deleted: int | None = None
    runtime: str | None = None
    model: str | None = None
    runtime_label: str | None = None


class Session(msgspec.Struct, frozen=True, gc=False, rename=_OF_SESSION):
    """One element of a session file, with the keys that it is written with; twins are two of them with one id."""

    id: str
    type: str = "competition"
    task: str = "task"
    status: str = "running"
    created_at: str = "2025-11-11T09:00:00.000Z"
    updated_at: str = "2025-11-11T09:00:00.000Z"
    completed_at: str | None = None
    instances: tuple[Instance, ...] = ()
    chat: tuple[Message, ...] = ()
    model: str | None = None
    timeout: int | None = None  # seconds
    preserve: bool | None = None
    winner: int | None = None
    runtime_mix: tuple[str, ...] | None = None
    duration: int | None = None  # the editor's own documents differ on the unit
    files_changed: int | None = None
    lines_added: int | None = None
    lines_deleted: int | None = None


@dataclass(frozen=True, slots=True)
class Workspace:
    """One workspace with its session file.

    Attributes:
        path: of the folder, relative to the home; empty for the empty path that old releases accepted.
        exists: the folder is still there.
        mapping: what the mapping file says of it.
        spelling: how the debate runner named it.
        debates: the elements of the debate runner's own file, which there is only where the spelling makes another
            name than the workspace's.
    """

    path: str
    sessions: Sequence[Session] = ()
    exists: bool = True
    mapping: Mapping = "right"
    spelling: Spelling = ""
    debates: Sequence[Session] = ()


@dataclass(frozen=True, slots=True)
class TargetState:
    """What lies at ``~/.ait42/sessions.db``."""

    kind: TargetKind = "none"
    journal: Journal = "wal"


@dataclass(frozen=True, slots=True)
class LegacyState:
    """A whole home before migration.

    Attributes:
        older: the elements of ``sessions.json``, the generation before; None where there is no such file.
        extras: which other files are there, see `writer.EXTRAS`.
        clock_ns: the instant at which the user stops the editor for good.
    """

    user: str = "u"
    workspaces: tuple[Workspace, ...] = ()
    older: Sequence[Session] | None = None
    extras: tuple[str, ...] = ()
    target: TargetState = TargetState()
    clock_ns: int = 1_765_540_800_000_000_000  # 2025-12-12T12:00:00Z

    @property
    def root(self) -> str:
        """Returns where this user's home would lie."""
        return f"/home/{self.user}"


class Shape(HomeShape, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What ``home = {…}`` of a scenario may say; a span is a number or ``"a..b"``, both ends included.

    A share is ``"none"``, ``"some"``, ``"all"`` or a number from 0 to 1 as text: of sessions that have a twin, that
    are debates, that hold a message of more than 10,000 characters; of workspaces that the mapping file knows
    rightly (the others it does not know, or, with `wrong_mapping`, knows wrongly), and of those whose debates lie
    in a file of their own.  With `clean` false, `states` also makes values that the target does not know, ids that
    occur twice, and references that lead nowhere.

    Raises:
        ValueError: a span or share cannot be read, or names an impossible amount.
    """

    workspaces: int | str = "1..2"
    sessions: int | str = "0..4"  # for each workspace
    instances: int | str = "0..3"  # for each session
    messages: int | str = "0..4"  # for each session
    twins: str = "some"
    debates: str = "some"
    long: str = "none"
    mapped: str = "some"
    wrong_mapping: bool = False
    split: str = "none"
    target: TargetKind = "none"
    journal: Journal = "wal"

    def __post_init__(self) -> None:
        for amount in (self.workspaces, self.sessions, self.instances, self.messages):
            span(amount)
        for part in (self.twins, self.debates, self.long, self.mapped, self.split):
            share(part)
        HomeShape.__post_init__(self)
