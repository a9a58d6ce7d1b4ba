"""Every entry of the legacy tree, found once: sessions to read, and everything else by name.

Layouts: `packages/core/src/paths.ts`, `file-lock.ts`, `atomic-write.ts` and `migration/storage-v2.ts` of the
legacy tool. Links are named, never followed; a folder that is none of ours is named once for all that it holds.
"""

import os
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

V1_FOLDER = "[0-9a-f]{12}(?:-.+)?"
SESSION_ID = "[a-zA-Z0-9_-]+"
LEFTOVER = r".*(\.lock|\.tmp\.[0-9]+\.[0-9]+)"


class Found(NamedTuple):
    """One path; `kind` is session or the reason why it is none, `folder` the V2 project id or the V1 folder."""

    path: str
    kind: str
    id: str
    folder: str = ""
    v1: bool = False


Entry = os.DirEntry[str]


def find(root: str, config: str | None) -> Iterator[Found]:
    """Everything under the legacy root in a fixed order: new layout first, then by name."""
    for entry in sorted(_listed(root) or [], key=lambda entry: entry.name != "projects"):
        old = re.fullmatch(V1_FOLDER, entry.name, re.DOTALL)
        if entry.path == config:
            continue
        if entry.name == "projects":
            yield from _place(entry, lambda inner: _project(inner, v1=False))
        elif re.fullmatch(V1_FOLDER + r"\.migrated", entry.name, re.DOTALL):
            yield Found(entry.path, "migrated-dir" if _is_folder(entry) else "not-migrated", entry.name)
        elif old and entry.name[12:] != "-observability":
            yield from _project(entry, v1=True)
        else:
            yield Found(entry.path, "not-migrated", entry.name)


def _is_folder(entry: Entry) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _listed(folder: str) -> list[Entry] | None:
    """The entries by name; None when the folder may not be looked into."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        return found if os.access(folder, os.R_OK | os.X_OK) else None
    except OSError:
        return None


def _within(folder: str, name: str, of: Callable[[Entry], Iterator[Found]]) -> Iterator[Found]:
    """What lies in a folder; the folder itself when that is nothing, or cannot be told."""
    entries = _listed(folder)
    if not entries:
        yield Found(folder, "unreadable" if entries is None else "not-migrated", name)
    for entry in entries or []:
        yield from of(entry)


def _place(entry: Entry, of: Callable[[Entry], Iterator[Found]]) -> Iterator[Found]:
    if _is_folder(entry):
        yield from _within(entry.path, entry.name, of)
    else:
        yield Found(entry.path, "not-a-folder", entry.name)


def _project(entry: Entry, *, v1: bool) -> Iterator[Found]:
    def of(inner: Entry) -> Iterator[Found]:
        if inner.name == "sessions":
            yield from _place(inner, lambda one: _session(one, entry.name, v1=v1))
        else:
            yield Found(inner.path, "not-migrated", inner.name)

    if entry.is_symlink():
        yield Found(entry.path, "not-a-folder", entry.name)
    elif _is_folder(entry) and (
        not os.access(entry.path, os.R_OK | os.X_OK) or os.path.lexists(os.path.join(entry.path, "sessions"))
    ):
        yield from _within(entry.path, entry.name, of)
    else:
        yield Found(entry.path, "not-migrated", entry.name)


def _session(entry: Entry, folder: str, *, v1: bool) -> Iterator[Found]:
    if entry.name == "archive" and _is_folder(entry):
        yield from _within(entry.path, entry.name, lambda old: iter([Found(old.path, "archived", old.name)]))
    else:
        yield Found(entry.path, *_kind(entry.name, v1=v1), folder, v1)


def _kind(name: str, *, v1: bool) -> tuple[str, str]:
    stem = name.removesuffix(".json")
    if stem != name or (v1 and "." not in name):
        return ("session" if re.fullmatch(SESSION_ID, stem) else "invalid-session-id"), stem
    if ".corrupt-" in name:
        return "corrupt-copy", name
    return ("leftover" if re.fullmatch(LEFTOVER, name, re.DOTALL) else "not-migrated"), name
