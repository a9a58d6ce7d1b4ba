"""Claude Code transcripts: from the bucket of the legacy worktree to that of the new one.

The bucket rule is `toClaudeProjectPath` in `packages/plugins/agent-claude-code/src/activity-detection.ts`; the
new working directory is `managedPath` in `backend/internal/adapters/workspace/gitworktree`.
"""

import os
import stat

from migrator import files
from migrator.ao.places import Places

NAME_MAX = 255
BOUND = (
    1 << 30
)  # bytes; the longest talks have a tenth of it, and a file of holes may claim more than any disk has


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
    path = places.rooted(os.path.join(*working))
    literal = "\0" in path or path.startswith(
        "/proc/"
    )  # no such folder can be, or it is another for each process
    real = os.path.normpath(path) if literal else os.path.realpath(path)
    return os.path.join(places.home, ".claude", "projects", slug(real))


Fate = tuple[str, str | None, str]  # outcome, reason, detail


def outcome(places: Places, old: str, new: str, planned: dict[str, str]) -> Fate:
    """What becomes of one transcript. `planned` holds the source of each new name."""
    where = places.shown(new)
    if fate := _unusable(places, old):
        return fate
    there = planned.get(new) or (new if os.path.lexists(new) else None)
    if why := None if old == new else _conflict(places, old, new, there):
        return "set-aside", "transcript-conflict", f"{where}: {why}"
    return "present" if there else "migrated", None, where


def _unusable(places: Places, old: str) -> Fate | None:
    try:
        about = os.lstat(old)
    except PermissionError:
        return "set-aside", "unreadable", "its folder may not be entered by this user"
    except OSError as error:
        return "skipped", "transcript-missing", str(error.strerror)
    if not stat.S_ISREG(about.st_mode) or not files.inside(os.path.dirname(old), places.home):
        return "skipped", "transcript-missing", "not a regular file, or behind a link that leaves the home"
    if about.st_size > BOUND:
        return "set-aside", "too-large", f"more than {BOUND >> 20} MiB"
    if not os.access(old, os.R_OK):
        return "set-aside", "unreadable", "the transcript cannot be read by this user"
    return None


def _conflict(places: Places, old: str, new: str, there: str | None) -> str | None:
    folder = os.path.dirname(new)
    above = files.existing(folder)
    if len(os.fsencode(os.path.basename(folder))) > NAME_MAX:
        return "the folder's name would be too long"
    if not files.inside(above, places.home) or not os.path.isdir(above):
        return "a link or a file stands where its folder should be"
    if not there:
        free = os.access(above, os.R_OK | os.W_OK | os.X_OK)  # R: to force it to disk
        return None if free else "its folder may not be read and written by this user"
    try:
        return None if files.equal(old, there) else "a different file is there"
    except OSError as error:
        return error.strerror
