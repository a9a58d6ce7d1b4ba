"""Claude transcripts: from the folder of the legacy worktree to the folder of the worktree the daemon will make.

Sources: ``packages/plugins/agent-claude-code/src/activity-detection.ts`` (folder names) and
``aoagents/ReverbCode:backend/internal/adapters/workspace/gitworktree`` (where the daemon puts worktrees).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.expectation import Disposition, Fate
from harness.home import Entry
from harness.systems.ao.oracle.sessions import Kept
from harness.systems.ao.oracle.tree import Tree, slug

_BUCKETS = ".claude/projects"
_WORKTREES = ".ao/data/worktrees"
_MAX_TRANSCRIPT = 1024 * 1024 * 1024  # bytes (docs/contract.md)
_NAME_MAX = 255  # bytes of a file name on Linux


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
    obstacle, found = _obstacle(tree, source), tree.file(f"{home.root}/{source}")
    if obstacle or found is None:
        return obstacle or ("skipped", "transcript-missing")
    path, entry = found
    bucket = home.relative(home.resolve(f"{home.root}/{posixpath.dirname(target)}"))
    place = posixpath.normpath(posixpath.join(bucket or ".", posixpath.basename(target)))
    new = home.get(place) is None and place not in transcripts.files
    if bucket is None or not _can_hold_files(tree, bucket) or (new and not tree.may_write(bucket)):
        return "set-aside", "transcript-conflict"
    if new:
        transcripts.files[place] = entry.digest
        transcripts.writable |= {place} if bucket in home.entries else {place, bucket}
        return "migrated", None
    if place != path and not _same(home.get(place), transcripts.files.get(place), entry.digest):
        return "set-aside", "transcript-conflict"
    transcripts.files[place] = entry.digest
    return "present", None


def _obstacle(tree: Tree, source: str) -> tuple[Disposition, str] | None:
    """Returns why a transcript that may be there cannot be copied, or None."""
    home = tree.home
    found = tree.file(f"{home.root}/{source}")
    inside = home.relative(home.resolve(f"{home.root}/{posixpath.dirname(source)}/x"))
    if inside is not None and not tree.may_reach(inside):
        return "set-aside", "unreadable"
    if found is not None and found[1].size > _MAX_TRANSCRIPT:
        return "set-aside", "too-large"
    return ("set-aside", "unreadable") if found is not None and not found[1].mode & 0o400 else None


def _same(there: Entry | None, planned: str | None, digest: str) -> bool:
    """Tells whether what lies at a place, or will lie there, is a readable file of these bytes."""
    if there is None:
        return planned == digest
    return there.kind == "file" and there.mode & 0o400 != 0 and there.digest == digest


def _can_hold_files(tree: Tree, bucket: str) -> bool:
    """Tells whether a path is a directory or may become one."""
    if len(posixpath.basename(bucket)) > _NAME_MAX:
        return False
    while bucket not in tree.home.entries:
        bucket = posixpath.dirname(bucket) or "."
    return tree.home.entries[bucket].kind == "dir"
