"""The project registry: which entries become projects, with which row, and which are set aside.

Sources: ``packages/core/src/global-config.ts`` (entries, paths), ``portfolio-registry.ts`` (the portfolio files).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.expectation import Disposition, Fate
from harness.records import OneOf, Record
from harness.systems.ao.oracle.origin import origin_url
from harness.systems.ao.oracle.paths import absolute, escapes_home, shown
from harness.systems.ao.oracle.portfolio import Portfolio
from harness.systems.ao.oracle.prefix import own_prefix
from harness.systems.ao.oracle.settings import LocalSettings, config_of, local_settings
from harness.systems.ao.oracle.timestamps import from_mtime, from_number, read_legacy
from harness.systems.ao.oracle.tree import Tree

LEGACY = ".agent-orchestrator"
CONFIG = f"{LEGACY}/config.yaml"

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SHORT_ID = 12  # characters of the id that name the orchestrator's folder when no prefix is configured


@dataclass(frozen=True, slots=True)
class Project:
    """A project that has a row after the migration.

    `prefix` is its own session prefix; `managed_prefix` the one that the daemon names the orchestrator's folder
    with; `row` is None where the database holds the project already.
    """

    id: str
    path: str
    prefix: str
    managed_prefix: str
    row: Record | None = None


@dataclass(slots=True)
class Registry:
    """What becomes of the registry.

    `projects` are in registry order, those that only the database knows last; `entries` are all the entries.
    """

    entries: Mapping[str, Any]
    projects: dict[str, Project] = field(default_factory=dict)
    fates: list[Fate] = field(default_factory=list)

    def settle(self, key: str, disposition: Disposition, reason: str | None = None) -> None:
        """Notes the fate of an entry."""
        self.fates.append(Fate("project", f"{CONFIG}#projects/{key}", key, disposition, reason))


@dataclass(frozen=True, slots=True)
class _Sources:
    """Where the parts of a project's row come from, besides its entry; `mtime_ns` is the configuration's."""

    tree: Tree
    defaults: Any
    mtime_ns: int
    portfolio: Portfolio

    def project(self, key: str, path: str, entry: dict[str, Any], local: LocalSettings | None) -> Project:
        prefix = own_prefix(entry.get("sessionPrefix"), path)
        row = {
            "id": key,
            "path": path,
            "repo_origin_url": origin_url(self.tree, path, entry),
            "display_name": self.display_name(key, entry),
            "registered_at": self.registered_at(key, path, entry, local),
            "archived_at": None,
            "config": config_of(entry, prefix, local, self.defaults),
            "kind": "single_repo",
        }
        return Project(key, path, prefix, prefix or key[:_SHORT_ID], row)

    def display_name(self, key: str, entry: Mapping[str, Any]) -> str:
        candidates = (self.portfolio.names.get(key), entry.get("displayName"), entry.get("name"))
        name = next((text for text in candidates if isinstance(text, str) and text), "")
        return "" if name == key else name

    def registered_at(
        self, key: str, path: str, entry: Mapping[str, Any], local: LocalSettings | None
    ) -> str | OneOf:
        written = entry.get("registeredAt")
        choices = self.portfolio.added(key, path) or from_number(written)
        if not choices and (instant := read_legacy(written)):
            choices = [instant]
        if not choices:
            own = local.mtime_ns if local else None
            choices = [from_mtime(self.mtime_ns if own is None else own)]
        return choices[0] if len(choices) == 1 else OneOf(tuple(choices))


def read_registry(
    tree: Tree, config: Mapping[str, Any], mtime_ns: int, existing: Mapping[str, Record]
) -> Registry:
    """Returns the projects of a parsed global configuration, given the project rows that exist already."""
    root = tree.home.root
    registry = Registry(config.get("projects") or {})
    sources = _Sources(tree, config.get("defaults"), mtime_ns, Portfolio.read(tree))
    owners = {_existing_path(root, row): key for key, row in existing.items()}
    if not registry.entries:
        registry.fates.append(Fate("other", CONFIG, "config.yaml", "skipped", "not-migrated"))
    for key, entry in registry.entries.items():
        reason = None if key in existing else _obstacle(root, key, entry, owners)
        if reason:
            registry.settle(key, "set-aside", reason)
            continue
        fields = entry if isinstance(entry, dict) else {}
        path = _path_of(root, fields, existing.get(key))
        owners.setdefault(path, key)
        local = local_settings(tree, path)
        if key in existing:
            registry.projects[key] = _present(key, path, fields, existing[key])
            registry.settle(key, "present")
        else:
            registry.projects[key] = sources.project(key, path, fields, local)
            registry.settle(key, "migrated")
        if local is not None:
            why: tuple[Disposition, str] = ("skipped", "merged")
            if local.degraded:
                why = ("set-aside", "degraded-project")
            registry.fates.append(Fate("settings", shown(root, local.path), key, *why))
    for key in sorted(existing.keys() - registry.projects.keys()):
        registry.projects[key] = _present(key, _existing_path(root, existing[key]), {}, existing[key])
    return registry


def _obstacle(root: str, key: str, entry: Any, owners: Mapping[str, str]) -> str | None:
    """Returns why an entry cannot become a project, or None."""
    if not _ID.fullmatch(key) or ".." in key:
        return "invalid-project-id"
    if not isinstance(entry, dict):
        return "invalid-entry"
    path = entry.get("path")
    if not isinstance(path, str) or not path.strip() or "\0" in path:
        return "no-path"
    if escapes_home(root, path):
        return "path-escapes-home"
    return "path-already-registered" if owners.get(absolute(root, path), key) != key else None


def _existing_path(root: str, row: Record) -> str:
    path = row.get("path")
    return absolute(root, path) if isinstance(path, str) and path else ""


def _path_of(root: str, entry: Mapping[str, Any], row: Record | None) -> str:
    path = entry.get("path")
    if isinstance(path, str) and path.strip():
        return absolute(root, path)
    return _existing_path(root, row or {})


def _present(key: str, path: str, entry: Mapping[str, Any], row: Record) -> Project:
    config = row.get("config")
    configured = config.get("sessionPrefix") if isinstance(config, dict) else None
    managed = configured if isinstance(configured, str) and configured else key[:_SHORT_ID]
    written = entry.get("sessionPrefix") if entry else configured
    return Project(key, path, own_prefix(written, path), managed)
