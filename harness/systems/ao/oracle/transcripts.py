"""Claude transcripts: from the folder of the legacy worktree to the folder of the worktree the daemon will make.

Sources: ``packages/plugins/agent-claude-code/src/activity-detection.ts`` (folder names) and
``aoagents/ReverbCode:backend/internal/adapters/workspace/gitworktree`` (where the daemon puts worktrees).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.expectation import Disposition, Fate
from harness.systems.ao.oracle.sessions import Kept
from harness.systems.ao.oracle.tree import Tree, slug

_BUCKETS = ".claude/projects"
_WORKTREES = ".ao/data/worktrees"


@dataclass(slots=True)
class Transcripts:
    """What becomes of the transcripts: `files` must exist afterwards, `writable` may be created."""

    fates: list[Fate] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    writable: set[str] = field(default_factory=set)


def settle_transcripts(tree: Tree, kept: Iterable[Kept]) -> Transcripts:
    """Returns what becomes of the transcript of each session that can be resumed by one."""
    transcripts = Transcripts()
    for item in kept:
        row = item.row
        if row["harness"] == "claude-code" and row["agent_session_id"] and row["workspace_path"]:
            source = _transcript(tree, _absolute(tree, str(row["workspace_path"])), row["agent_session_id"])
            target = _transcript(tree, _managed_worktree(tree, item), row["agent_session_id"])
            disposition, reason = _settle(tree, source, target, transcripts)
            transcripts.fates.append(Fate("transcript", source, str(row["id"]), disposition, reason))
    return transcripts


def _absolute(tree: Tree, worktree: str) -> str:
    """Returns a worktree's path made absolute, not cleaned: ``link/..`` is for `Home.resolve` to follow."""
    root = tree.home.root
    if worktree == "~" or worktree.startswith("~/"):
        return root + "/" + worktree[2:]
    return posixpath.join(root, worktree)


def _managed_worktree(tree: Tree, kept: Kept) -> str:
    """Returns where the daemon makes the worktree of a session."""
    project = kept.project
    name = str(kept.row["id"])
    if kept.row["kind"] == "orchestrator":
        name = f"orchestrator/{project.managed_prefix}-orchestrator"
    return f"{tree.home.root}/{_WORKTREES}/{project.id}/{name}"


def _transcript(tree: Tree, worktree: str, session: str) -> str:
    return f"{_BUCKETS}/{slug(tree.home.resolve(worktree))}/{session}.jsonl"


def _settle(tree: Tree, source: str, target: str, transcripts: Transcripts) -> tuple[Disposition, str | None]:
    """Returns the fate of one transcript and notes what must exist and what may be written."""
    home = tree.home
    found = tree.file(f"{home.root}/{source}")
    if found is None:
        return "skipped", "transcript-missing"
    path, entry = found
    if not entry.mode & 0o400:
        return "set-aside", "unreadable"
    bucket = home.relative(home.resolve(f"{home.root}/{posixpath.dirname(target)}"))
    if bucket is None or not _can_hold_files(tree, bucket):
        return "set-aside", "transcript-conflict"
    place = posixpath.normpath(posixpath.join(bucket, posixpath.basename(target)))
    there = home.get(place)
    if there is None and place not in transcripts.files:
        transcripts.files[place] = entry.digest
        transcripts.writable.add(place)
        if bucket not in home.entries:
            transcripts.writable.add(bucket)
        return "migrated", None
    digest = transcripts.files[place] if there is None else there.digest
    if place != path and (digest != entry.digest or (there is not None and there.kind != "file")):
        return "set-aside", "transcript-conflict"
    transcripts.files[place] = entry.digest
    return "present", None


def _can_hold_files(tree: Tree, bucket: str) -> bool:
    """Tells whether a path is a directory or may become one."""
    while bucket not in tree.home.entries:
        bucket = posixpath.dirname(bucket) or "."
    return tree.home.entries[bucket].kind == "dir"
