"""The session files of a legacy home: what lies in the sessions folders, and which project each belongs to.

Layout since 0.4: ``projects/<id>/sessions/<sid>.json``; before: ``<12 hex>[-<name>]/sessions/<sid>``
(``packages/core/src/migration/storage-v2.ts``).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.expectation import Fate
from harness.home import Entry
from harness.systems.ao.oracle.document import UnusableError, read_document
from harness.systems.ao.oracle.registry import LEGACY, Registry
from harness.systems.ao.oracle.tree import MAX_FILE, Tree

_ID = re.compile(r"[a-zA-Z0-9_-]+")
_OLD_FOLDER = re.compile(r"[0-9a-f]{12}(?:-(.+))?")
_LEFTOVER = re.compile(r".*(?:\.lock|\.tmp\.[0-9]+\.[0-9]+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Found:
    """One readable session file.

    `project` is the id of the project its folder stands for, None when it stands for none; `old` tells the layout.
    """

    source: str
    id: str
    project: str | None
    old: bool
    mtime_ns: int
    document: dict[str, Any]


def session_files(tree: Tree, registry: Registry) -> Iterator[Found | Fate]:
    """Yields each session file that can be read, and the fate of everything else in the sessions folders."""
    root = tree.directory(f"{tree.home.root}/{LEGACY}")
    if root is None:
        return
    for name in tree.names(f"{root}/projects"):
        yield from _folder(tree, f"{root}/projects/{name}", f"{LEGACY}/projects/{name}", name, old=False)
    for name in tree.names(root):
        match = _OLD_FOLDER.fullmatch(name)
        if match and not name.endswith(".migrated") and match[1] != "observability":
            project = _project_of(registry, name, match[1])
            yield from _folder(tree, f"{root}/{name}", f"{LEGACY}/{name}", project, old=True)


def _project_of(registry: Registry, folder: str, name: str | None) -> str | None:
    """Returns the project that an old folder belongs to: by its storage key, its id, or the name of its path."""
    for key, entry in registry.entries.items():
        if isinstance(entry, dict) and entry.get("storageKey") == folder:
            return key
    if name is None or name in registry.entries:
        return name
    named = [
        key
        for key, project in registry.projects.items()
        if key in registry.entries and posixpath.basename(project.path) == name
    ]
    return named[0] if len(named) == 1 else None


def _folder(tree: Tree, place: str, shown: str, project: str | None, *, old: bool) -> Iterator[Found | Fate]:
    folder = tree.home.get(place)
    if folder is None or folder.kind != "dir" or folder.mode & 0o100 == 0:
        return
    for name in tree.names(f"{place}/sessions"):
        path, source = f"{place}/sessions/{name}", f"{shown}/sessions/{name}"
        if name == "archive" and tree.home.entries[path].kind == "dir":
            for item in tree.names(path):
                yield Fate("session", f"{source}/{item}", item, "skipped", "archived")
        elif name.endswith(".json") or (old and "." not in name):
            yield _session(tree, path, source, name.removesuffix(".json"), project, old=old)
        elif ".corrupt-" in name:
            yield Fate("session", source, name, "skipped", "corrupt-copy")
        elif _LEFTOVER.fullmatch(name):
            yield Fate("session", source, name, "skipped", "leftover")


def _session(
    tree: Tree, path: str, source: str, session: str, project: str | None, *, old: bool
) -> Found | Fate:
    entry = tree.home.entries[path]
    obstacle = _obstacle(session, entry)
    if obstacle:
        return Fate("session", source, session, "set-aside", obstacle)
    try:
        document = read_document(tree.read(path))
    except UnusableError as error:
        empty = error.reason == "empty-file"
        return Fate("session", source, session, "skipped" if empty else "set-aside", error.reason)
    return Found(source, session, project, old, entry.mtime_ns, document)


def _obstacle(session: str, entry: Entry) -> str | None:
    if not _ID.fullmatch(session):
        return "invalid-session-id"
    if entry.kind != "file":
        return "not-a-regular-file"
    if entry.size > MAX_FILE:
        return "too-large"
    return None if entry.mode & 0o400 else "unreadable"
