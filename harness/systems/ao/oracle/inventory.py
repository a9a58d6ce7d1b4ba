"""Every entry of a legacy home's tree: the session files in it, and what becomes of all the rest.

Layout since 0.4: ``projects/<id>/sessions/<sid>.json``; before: ``<12 hex>[-<name>]/sessions/<sid>``
(``packages/core/src/paths.ts``, ``migration/storage-v2.ts``).  A folder of another kind is one entry with all that
it holds; a folder of these layouts is one only where it holds nothing, or may not be looked into.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.expectation import Disposition, Fate
from harness.home import Entry
from harness.systems.ao.oracle.document import UnusableError, read_document
from harness.systems.ao.oracle.registries import LEGACY
from harness.systems.ao.oracle.registry import Registry
from harness.systems.ao.oracle.tree import MAX_FILE, Tree, is_utf8

_ID = re.compile(r"[a-zA-Z0-9_-]+")
_OLD_FOLDER = re.compile(r"[0-9a-f]{12}(?:-(.+))?", re.DOTALL)
_LEFTOVER = re.compile(r".*(?:\.lock|\.tmp\.[0-9]+\.[0-9]+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Found:
    """One readable session file.

    `project` is the id of the project its folder stands for, None when it stands for none; `old` tells the layout,
    `replaced` that some of its bytes are not UTF-8.
    """

    source: str
    id: str
    project: str | None
    old: bool
    mtime_ns: int
    document: dict[str, Any]
    replaced: bool = False


def legacy_entries(tree: Tree, registry: Registry) -> Iterator[Found | Fate]:
    """Yields each session file that can be read, and the fate of every other entry, the registry file excepted."""
    root = tree.directory(f"{tree.home.root}/{LEGACY}")
    if root is None:
        return
    for name in tree.names(root):
        place, shown = f"{root}/{name}", f"{LEGACY}/{name}"
        kind = tree.home.entries[place].kind
        old = _OLD_FOLDER.fullmatch(name.removesuffix(".migrated"))
        if name == "projects":
            yield from _projects(tree, place, shown)
        elif old and name.endswith(".migrated"):
            yield _other(shown, reason="migrated-dir" if kind == "dir" else "not-migrated")
        elif old and old[1] != "observability":
            yield from _folder(tree, place, shown, _project_of(registry, name, old[1]), old=True)
        elif name != "config.yaml":
            yield _other(shown)


def _other(shown: str, disposition: Disposition = "skipped", reason: str = "not-migrated") -> Fate:
    return Fate("other", shown, posixpath.basename(shown), disposition, reason)


def _folder_of_ours(tree: Tree, place: str, shown: str) -> Fate | None:
    """Returns the fate of a folder that there is nothing to look for in, or None where there is."""
    if tree.home.entries[place].kind != "dir":
        return _other(shown, "set-aside", "not-a-folder")
    if not tree.may_list(place):
        return _other(shown, "set-aside", "unreadable")
    return None if tree.names(place) else _other(shown)


def _projects(tree: Tree, place: str, shown: str) -> Iterator[Found | Fate]:
    fate = _folder_of_ours(tree, place, shown)
    if fate:
        yield fate
        return
    for name in tree.names(place):
        yield from _folder(tree, f"{place}/{name}", f"{shown}/{name}", name, old=False)


def _project_of(registry: Registry, folder: str, name: str | None) -> str | None:
    """Returns the project that an old folder belongs to: by its storage key, its id, or the name of its path."""
    if folder in registry.folders:
        return registry.folders[folder]
    if name is None or name in registry.entries:
        return name
    named = [
        key
        for key, project in registry.projects.items()
        if key in registry.entries and posixpath.basename(project.path) == name
    ]
    return named[0] if len(named) == 1 else None


def _folder(tree: Tree, place: str, shown: str, project: str | None, *, old: bool) -> Iterator[Found | Fate]:
    """Yields what a project's folder holds; one without sessions is one entry."""
    kind = tree.home.entries[place].kind
    if kind == "link":
        yield _other(shown, "set-aside", "not-a-folder")
    elif kind == "dir" and not tree.may_list(place):
        yield _other(shown, "set-aside", "unreadable")
    elif kind != "dir" or "sessions" not in tree.names(place):
        yield _other(shown)
    else:
        yield from (_other(f"{shown}/{name}") for name in tree.names(place) if name != "sessions")
        yield from _sessions(tree, f"{place}/sessions", f"{shown}/sessions", project, old=old)


def _sessions(
    tree: Tree, place: str, shown: str, project: str | None, *, old: bool
) -> Iterator[Found | Fate]:
    fate = _folder_of_ours(tree, place, shown)
    if fate:
        yield fate
        return
    for name in tree.names(place):
        path, source = f"{place}/{name}", f"{shown}/{name}"
        if name == "archive" and tree.home.entries[path].kind == "dir":
            alone = _folder_of_ours(tree, path, source)
            ended = (
                Fate("session", f"{source}/{item}", item, "skipped", "archived") for item in tree.names(path)
            )
            yield from [alone] if alone else ended
        elif name.endswith(".json") or (old and "." not in name):
            yield _session(tree, path, source, name.removesuffix(".json"), project, old=old)
        elif ".corrupt-" in name:
            yield Fate("session", source, name, "skipped", "corrupt-copy")
        elif _LEFTOVER.fullmatch(name):
            yield Fate("session", source, name, "skipped", "leftover")
        else:
            yield _other(source)


def _session(
    tree: Tree, path: str, source: str, session: str, project: str | None, *, old: bool
) -> Found | Fate:
    entry = tree.home.entries[path]
    obstacle = _obstacle(session, entry)
    if obstacle:
        return Fate("session", source, session, "set-aside", obstacle)
    try:
        content = tree.read(path)
        document = read_document(content)
    except UnusableError as error:
        empty = error.reason == "empty-file"
        return Fate("session", source, session, "skipped" if empty else "set-aside", error.reason)
    return Found(source, session, project, old, entry.mtime_ns, document, not is_utf8(content))


def _obstacle(session: str, entry: Entry) -> str | None:
    if not _ID.fullmatch(session):
        return "invalid-session-id"
    if entry.kind != "file":
        return "not-a-regular-file"
    if entry.size > MAX_FILE:
        return "too-large"
    return None if entry.mode & 0o400 else "unreadable"
