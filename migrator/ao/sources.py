"""Every file of the legacy tree, found once: sessions to read, and everything else by name.

Layouts: `packages/core/src/paths.ts`, `file-lock.ts`, `atomic-write.ts` and `migration/storage-v2.ts` of the
legacy tool. Links are named, never followed.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

V1_FOLDER = re.compile(r"[0-9a-f]{12}(?:-(.+))?", re.DOTALL)
MIGRATED = re.compile(r"[0-9a-f]{12}(?:-.+)?\.migrated", re.DOTALL)
SESSION_ID = re.compile(r"[a-zA-Z0-9_-]+")
LEFTOVER = re.compile(r".*(\.lock|\.tmp\.[0-9]+\.[0-9]+)", re.DOTALL)
TWIN = ".corrupt-"


@dataclass(frozen=True, slots=True)
class Found:
    """One path. A session has an `id`; its owner is a V2 project id, or the name of a V1 folder."""

    path: str
    kind: str  # session, leftover, corrupt-copy, archived, migrated-dir, not-migrated, invalid-session-id
    id: str = ""
    project: str | None = None
    v1_folder: str | None = None


def find(root: str, config: str | None) -> Iterator[Found]:
    """Everything under the legacy root in a fixed order: new layout first, then the old one."""
    missed: list[str] = []
    projects = os.path.join(root, "projects")
    for entry in [] if os.path.islink(projects) else _listed(projects, missed):
        yield from _project(entry, missed)
    for entry in _listed(root, missed):
        folder = entry.is_dir(follow_symlinks=False)
        if entry.path == config or (entry.name == "projects" and folder):
            continue
        if folder and MIGRATED.fullmatch(entry.name):
            yield Found(entry.path, "migrated-dir", entry.name)
        elif folder and V1_FOLDER.fullmatch(entry.name) and not entry.name.endswith("-observability"):
            yield from _project(entry, missed, v1=True)
        else:
            yield Found(entry.path, "not-migrated", entry.name)
    yield from (Found(path, "unreadable", os.path.basename(path)) for path in missed)


def _listed(folder: str, missed: list[str]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError:
        missed.append(folder)
        return []


def _project(entry: os.DirEntry[str], missed: list[str], *, v1: bool = False) -> Iterator[Found]:
    sessions = os.path.join(entry.path, "sessions")
    folder = entry.is_dir(follow_symlinks=False)
    inside = _listed(entry.path, missed) if folder else []
    if entry.path in missed:
        return
    if os.path.islink(sessions) or not os.path.isdir(sessions):
        yield Found(entry.path, "not-migrated", entry.name)
        return
    for inner in inside:
        if inner.name != "sessions":
            yield Found(inner.path, "not-migrated", inner.name)
            continue
        for one in _listed(sessions, missed):
            if one.name == "archive" and one.is_dir(follow_symlinks=False):
                yield from (Found(old.path, "archived", old.name) for old in _listed(one.path, missed))
                continue
            kind, sid = _kind(one.name, v1=v1)
            yield Found(one.path, kind, sid, None if v1 else entry.name, entry.name if v1 else None)


def _kind(name: str, *, v1: bool) -> tuple[str, str]:
    stem = name.removesuffix(".json")
    if stem != name:
        return ("session" if SESSION_ID.fullmatch(stem) else "invalid-session-id"), stem
    if TWIN in name:
        return "corrupt-copy", name
    if LEFTOVER.fullmatch(name):
        return "leftover", name
    return ("session" if v1 and SESSION_ID.fullmatch(name) else "not-migrated"), name


def marks(root: str) -> dict[int, str]:
    """For each session file a mark of its name, size and time, to tell later what was written meanwhile."""
    found: dict[int, str] = {}
    for one in find(root, None):
        if one.kind == "session":
            try:
                about = os.lstat(one.path)
            except OSError:
                continue
            found[hash((one.path, about.st_size, about.st_mtime_ns, about.st_ino))] = one.path
    return found
