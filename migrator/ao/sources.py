"""Every file of the legacy tree, found once: sessions to read, and everything else by name.

Layouts: `packages/core/src/paths.ts`, `file-lock.ts`, `atomic-write.ts` and `migration/storage-v2.ts` of the
legacy tool. Links are named, never followed.
"""

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

V1_FOLDER = "[0-9a-f]{12}(?:-.+)?"
MIGRATED = r"[0-9a-f]{12}(?:-.+)?\.migrated"
SESSION_ID = "[a-zA-Z0-9_-]+"
LEFTOVER = r".*(\.lock|\.tmp\.[0-9]+\.[0-9]+)"


class Found(NamedTuple):
    """One path; `folder` is the V2 project id or the V1 folder that it is in."""

    path: str
    kind: str  # session, leftover, corrupt-copy, archived, migrated-dir, not-migrated, unreadable, invalid-session-id
    id: str
    folder: str = ""
    v1: bool = False


def find(root: str, config: str | None) -> Iterator[Found]:
    """Everything under the legacy root in a fixed order: new layout first, then the old one."""
    missed: list[str] = []
    projects = os.path.join(root, "projects")
    for entry in [] if os.path.islink(projects) else _listed(projects, missed):
        yield from _project(entry, missed, v1=False)
    for entry in _listed(root, missed):
        folder = entry.is_dir(follow_symlinks=False)
        if entry.path == config or (entry.name == "projects" and folder):
            continue
        if folder and re.fullmatch(MIGRATED, entry.name, re.DOTALL):
            yield Found(entry.path, "migrated-dir", entry.name)
        elif re.fullmatch(V1_FOLDER, entry.name, re.DOTALL) and not entry.name.endswith("-observability"):
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


def _project(entry: os.DirEntry[str], missed: list[str], *, v1: bool) -> Iterator[Found]:
    sessions = os.path.join(entry.path, "sessions")
    inside = _listed(entry.path, missed) if entry.is_dir(follow_symlinks=False) else []
    if entry.path in missed:
        return
    if not inside or os.path.islink(sessions) or not os.path.isdir(sessions):
        yield Found(entry.path, "not-migrated", entry.name)
        return
    for inner in inside:
        if inner.name != "sessions":
            yield Found(inner.path, "not-migrated", inner.name)
            continue
        for one in _listed(sessions, missed):
            if one.name == "archive" and one.is_dir(follow_symlinks=False):
                yield from (Found(old.path, "archived", old.name) for old in _listed(one.path, missed))
            else:
                yield Found(one.path, *_kind(one.name, v1=v1), entry.name, v1)


def _kind(name: str, *, v1: bool) -> tuple[str, str]:
    stem = name.removesuffix(".json")
    if stem != name:
        return ("session" if re.fullmatch(SESSION_ID, stem) else "invalid-session-id"), stem
    if ".corrupt-" in name:
        return "corrupt-copy", name
    if re.fullmatch(LEFTOVER, name, re.DOTALL):
        return "leftover", name
    return ("session" if v1 and re.fullmatch(SESSION_ID, name) else "not-migrated"), name
