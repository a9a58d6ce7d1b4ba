"""Claude Code transcripts: from the bucket of the legacy worktree to that of the new one.

The bucket rule is `toClaudeProjectPath` in `packages/plugins/agent-claude-code/src/activity-detection.ts`; the
new working directory is `managedPath` in `backend/internal/adapters/workspace/gitworktree`.
"""

import os
import stat

from migrator import files
from migrator.ao.places import Places

NAME_MAX = 255


def slug(path: str) -> str:
    """The bucket's name: everything but ASCII letters, digits and `-` becomes `-`, per UTF-16 unit.

    JavaScript sees two units in an emoji, hence two dashes.
    """
    return "".join(
        char if char.isascii() and (char.isalnum() or char == "-") else "-" * (2 if char > "\uffff" else 1)
        for char in path
    )


def bucket(places: Places, *working: str) -> str:
    """The folder of one working directory, which need not exist; links on the way to it are resolved."""
    folder = slug(os.path.realpath(os.path.join(places.home, *working)))
    return os.path.join(places.home, ".claude", "projects", folder)


def outcome(places: Places, old: str, new: str, planned: dict[str, str]) -> tuple[str, str | None, str]:
    """What becomes of one transcript: outcome, reason, detail. `planned` holds the source of each new name."""
    where = places.shown(new)
    if why := _missing(places, old):
        return "skipped", "transcript-missing", why
    if not os.access(old, os.R_OK):
        return "set-aside", "unreadable", "the transcript cannot be read by this user"
    if old == new:
        return "present", None, where
    if why := _blocked(places, new) or _differs(old, planned.get(new, new)):
        return "set-aside", "transcript-conflict", f"{where}: {why}"
    return "present" if new in planned or os.path.lexists(new) else "migrated", None, where


def _missing(places: Places, old: str) -> str | None:
    try:
        if not files.inside(os.path.dirname(old), places.home):
            return "its folder is a link that leaves the home"
        return None if stat.S_ISREG(os.lstat(old).st_mode) else "not a regular file"
    except OSError as error:
        return error.strerror


def _differs(old: str, new: str) -> str | None:
    try:
        return None if files.equal(old, new) else "a different file is there"
    except FileNotFoundError:
        return None
    except OSError as error:
        return error.strerror


def _blocked(places: Places, new: str) -> str | None:
    folder = os.path.dirname(new)
    above = files.existing(folder)
    if len(os.fsencode(os.path.basename(folder))) > NAME_MAX:
        return "the folder's name would be too long"
    if not files.inside(above, places.home) or not os.path.isdir(above):
        return "a link or a file stands where its folder should be"
    if not os.path.lexists(new) and not os.access(above, os.W_OK | os.X_OK):
        return "the folder is not writable"
    return None
