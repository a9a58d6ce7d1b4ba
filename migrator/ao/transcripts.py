"""Claude Code transcripts: from the bucket of the legacy worktree to that of the new one.

The bucket rule is `toClaudeProjectPath` in `packages/plugins/agent-claude-code/src/activity-detection.ts`; the
new working directory is `managedPath` in `backend/internal/adapters/workspace/gitworktree`.
"""

import os
import stat

from migrator import files
from migrator.ao.places import Places
from migrator.lifecycle import Copy, Plan
from migrator.report import Record

NAME_MAX = 255


def slug(path: str) -> str:
    """The bucket's name: everything but ASCII letters, digits and `-` becomes `-`, per UTF-16 unit.

    JavaScript sees two units in an emoji, hence two dashes.
    """
    return "".join(
        char if char.isascii() and (char.isalnum() or char == "-") else "-" * (2 if char > "\uffff" else 1)
        for char in path
    )


def source(places: Places, worktree: str, resume_id: str) -> str:
    """Where the legacy session's transcript should be; the worktree itself may be gone."""
    return _file(places, os.path.realpath(os.path.join(places.home, worktree)), resume_id)


def target(places: Places, project: str, sid: str, prefix: str, resume_id: str, *, orchestrator: bool) -> str:
    """Where the new daemon's agent will look for it."""
    inner = ("orchestrator", f"{prefix or project[:12]}-orchestrator") if orchestrator else (sid,)
    folder = os.path.join(places.data, "worktrees", project, *inner)
    return _file(places, os.path.realpath(folder), resume_id)


def _file(places: Places, folder: str, resume_id: str) -> str:
    return os.path.join(places.transcripts, slug(folder), resume_id + ".jsonl")


def add(plan: Plan, places: Places, sid: str, old: str, new: str, planned: dict[str, str]) -> None:
    """The plan says what becomes of one transcript; `planned` holds the source of each new name."""
    outcome, reason, detail = _outcome(places, old, new, planned)
    plan.records.append(Record("transcript", places.shown(old), sid, outcome, reason, detail))
    if outcome == "migrated":
        plan.copies.append(Copy(old, new, os.lstat(old).st_size))
        planned[new] = old


def _outcome(places: Places, old: str, new: str, planned: dict[str, str]) -> tuple[str, str | None, str]:
    where = places.shown(new)
    try:
        if not files.inside(os.path.dirname(old), places.home):
            return "skipped", "transcript-missing", "its folder is a link that leaves the home"
        if not stat.S_ISREG(os.lstat(old).st_mode):
            return "skipped", "transcript-missing", "not a regular file"
    except OSError as error:
        return "skipped", "transcript-missing", error.strerror or ""
    if old == new:
        return "present", None, where
    if why := _blocked(places, new):
        return "set-aside", "transcript-conflict", f"{where}: {why}"
    if os.path.lexists(new) or new in planned:
        try:
            same = files.equal(old, planned.get(new, new))
        except OSError as error:
            return "set-aside", "transcript-conflict", f"{where}: {error.strerror}"
        return ("present", None, where) if same else ("set-aside", "transcript-conflict", f"{where} differs")
    if not os.access(old, os.R_OK):
        return "set-aside", "unreadable", "the transcript cannot be read by this user"
    return "migrated", None, where


def _blocked(places: Places, new: str) -> str | None:
    bucket = os.path.dirname(new)
    above = files.existing(bucket)
    if len(os.fsencode(os.path.basename(bucket))) > NAME_MAX:
        return "the folder's name would be too long"
    if not files.inside(above, places.home) or not os.path.isdir(above):
        return "a link or a file stands where its folder should be"
    if not os.path.lexists(new) and not os.access(above, os.W_OK | os.X_OK):
        return "the folder is not writable"
    return None
