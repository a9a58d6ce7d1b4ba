"""The project registry: which entries become projects, with which row, and which are set aside.

Sources: ``packages/core/src/global-config.ts`` (entries, paths), ``portfolio-registry.ts`` (the portfolio files).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.expectation import Disposition, Fate, Note
from harness.records import OneOf, Record
from harness.systems.ao.oracle.losses import entry_losses, replaced, says, settings_losses
from harness.systems.ao.oracle.origin import origin_url
from harness.systems.ao.oracle.paths import absolute, shown
from harness.systems.ao.oracle.portfolio import Portfolio
from harness.systems.ao.oracle.prefix import own_prefix
from harness.systems.ao.oracle.registries import Config, spare_registries
from harness.systems.ao.oracle.settings import LocalSettings, config_of, local_settings, well_formed
from harness.systems.ao.oracle.timestamps import from_mtime, from_number, read_legacy
from harness.systems.ao.oracle.tree import Tree

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ID_MAX = 128  # characters; legacy makes no folder for a longer id (``paths.ts``)
_SHORT_ID = 12  # characters of the id that name the orchestrator's folder when no prefix is configured


@dataclass(frozen=True, slots=True)
class Project:
    """A project that has a row after the migration.

    `prefix` is its own session prefix; `managed_prefix` the one that the daemon names the orchestrator's folder
    with; `row` is None where the database holds the project already, `losses` are the reasons of the notes on it.
    """

    id: str
    path: str
    prefix: str
    managed_prefix: str
    row: Record | None = None
    losses: frozenset[str] = frozenset()


@dataclass(slots=True)
class Registry:
    """What becomes of the registry.

    `projects` are in registry order, those that only the database knows last; `entries` are all the entries;
    `folders` are the projects by the name of the folder in which an old release kept their sessions.
    """

    entries: dict[str, Any] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    fates: list[Fate] = field(default_factory=list)
    notes: set[Note] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Sources:
    """Where the parts of a project's row come from, besides its entry.

    `places` are those of all registry files, `existing` the project rows that the database has.
    """

    tree: Tree
    config: Config
    portfolio: Portfolio
    places: frozenset[str]
    existing: Mapping[str, Record]

    def settings(
        self, key: str, path: str, entry: dict[str, Any]
    ) -> tuple[LocalSettings | None, Fate | None]:
        """Returns the settings of a project, and the fate of the file or the entry that holds them."""
        root = self.tree.home.root
        local = local_settings(self.tree, path)
        if self.config.first and (local is None or self.tree.home.resolve(local.path) in self.places):
            source = self.config.source(root, key)
            if well_formed(entry):
                return LocalSettings(source, None, values=entry), None
            return None, Fate("settings", source, key, "set-aside", "degraded-project")
        if local is None:
            return None, None
        why: tuple[Disposition, str] = ("skipped", "merged")
        if local.degraded:
            why = ("set-aside", "degraded-project")
        return local, Fate("settings", shown(root, local.path), key, *why)

    def project(self, key: str, path: str, entry: dict[str, Any], local: LocalSettings | None) -> Project:
        prefix = own_prefix(entry.get("sessionPrefix"), path)
        row = {
            "id": key,
            "path": path,
            "repo_origin_url": origin_url(self.tree, path, entry),
            "display_name": self.display_name(key, entry),
            "registered_at": self.registered_at(key, path, entry, local),
            "archived_at": None,
            "config": config_of(entry, prefix, local, self.config.values.get("defaults")),
            "kind": "single_repo",
        }
        losses = frozenset(self.losses(key, path, entry, local)) | (
            {"replaced-text"} if replaced(row) else set()
        )
        return Project(key, path, prefix, prefix or key[:_SHORT_ID], row, losses)

    def losses(
        self, key: str, path: str, entry: Mapping[str, Any], local: LocalSettings | None
    ) -> Iterator[str]:
        """Yields the reasons of the notes on a project that gets a row, but for what is seen in the row alone."""
        if "." in key:
            yield "dotted-id"
        if self.tree.directory(path) is None:
            yield "path-missing"
        own = local is not None and local.values is entry
        yield from entry_losses(entry, holds_settings=own or (self.config.first and local is None))
        defaults = self.config.values.get("defaults")
        yield from settings_losses(local.values if local else {}, defaults, in_entry=own)
        written, added = entry.get("sessionPrefix"), self.portfolio.added(key, path)
        if says(written) and own_prefix(written, path) != written:
            yield "dropped-setting"
        if not added and (self.portfolio.unreadable & {key, path} or _is_no_time(entry.get("registeredAt"))):
            yield "bad-timestamp"

    def is_sure(self, reason: str, path: str, local: LocalSettings | None) -> bool:
        """Tells whether the home shows that a note is due.

        Not whether a path outside is there; nor which U+FFFD was in a file and which stands for something else.
        """
        home = self.tree.home
        if reason == "path-missing":
            return home.relative(home.resolve(path)) is not None
        if reason != "replaced-text":
            return True
        places = (self.config.path, local.path if local else "", f"{path}/.git/config", self.portfolio.place)
        texts = ((self.tree.bytes_at(place) or b"").lower() for place in places)
        return not any(b"\xef\xbf\xbd" in text or b"fffd" in text for text in texts)

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
            choices = [from_mtime(self.config.mtime_ns if own is None else own)]
        return choices[0] if len(choices) == 1 else OneOf(tuple(choices))


def _is_no_time(written: Any) -> bool:
    return says(written) and not (from_number(written) or read_legacy(written))


def read_registry(tree: Tree, configs: Sequence[Config], existing: Mapping[str, Record]) -> Registry:
    """Returns the projects of the registry files, given the project rows that exist already."""
    root = tree.home.root
    registry = Registry()
    portfolio = Portfolio.read(tree)
    places = frozenset(tree.home.resolve(config.path) for config in configs)
    owners = {_existing_path(root, row): key for key, row in existing.items()}
    for config in configs:
        if not config.projects:
            registry.fates.append(_unused(root, config.path))
        sources = _Sources(tree, config, portfolio, places, existing)
        for key, entry in config.projects.items():
            fate = _settle(registry, sources, key, entry, owners)
            registry.fates.append(Fate("project", config.source(root, key), key, *fate))
    registry.fates += [_unused(root, path) for path in spare_registries(tree)]
    for key in sorted(existing.keys() - registry.projects.keys()):
        registry.projects[key] = _present(key, _existing_path(root, existing[key]), {}, existing[key])
    return registry


def _unused(root: str, path: str) -> Fate:
    return Fate("other", shown(root, path), posixpath.basename(path), "skipped", "not-migrated")


def _settle(
    registry: Registry, sources: _Sources, key: str, entry: Any, owners: dict[str, str]
) -> tuple[Disposition, str | None]:
    """Returns the fate of one entry, and notes its project if it becomes or is one; `owners` gains its path."""
    config, root, existing = sources.config, sources.tree.home.root, sources.existing
    if key in registry.entries:
        return "set-aside", "duplicate-source"
    registry.entries[key] = entry
    fields = entry if isinstance(entry, dict) else {}
    if isinstance(fields.get("storageKey"), str):
        registry.folders.setdefault(fields["storageKey"], key)
    reason = None if key in existing else _obstacle(config, root, key, entry, owners)
    if reason:
        return "set-aside", reason
    written = fields.get("path")
    if isinstance(written, str) and written.strip() and "\0" not in written:
        path = config.project_path(root, written)
    else:
        path = _existing_path(root, existing[key])
    owners.setdefault(path, key)
    if config.first:
        registry.folders.setdefault(config.storage_key(sources.tree, path), key)
    local, fate = sources.settings(key, path, fields)
    registry.fates += [fate] if fate else []
    if key in existing:
        registry.projects[key] = _present(key, path, fields, existing[key])
        return "present", None
    project = sources.project(key, path, fields, local)
    registry.projects[key] = project
    for reason in project.losses:
        sure = sources.is_sure(reason, path, local)
        registry.notes.add(Note(config.source(root, key), key, reason, sure))
    return "migrated", None


def _obstacle(config: Config, root: str, key: str, entry: Any, owners: Mapping[str, str]) -> str | None:
    """Returns why an entry cannot become a project, or None."""
    if not _ID.fullmatch(key) or ".." in key or len(key) > _ID_MAX:
        return "invalid-project-id"
    if not isinstance(entry, dict):
        return "invalid-entry"
    path = entry.get("path")
    if not isinstance(path, str) or not path.strip() or "\0" in path:
        return "no-path"
    full = config.project_path(root, path)
    if not path.startswith("/") and full != root and not full.startswith(root + "/"):
        return "path-escapes-home"
    return "path-already-registered" if owners.get(full, key) != key else None


def _existing_path(root: str, row: Record) -> str:
    path = row.get("path")
    return absolute(root, path) if isinstance(path, str) and path else ""


def _present(key: str, path: str, entry: Mapping[str, Any], row: Record) -> Project:
    config = row.get("config")
    configured = config.get("sessionPrefix") if isinstance(config, dict) else None
    managed = configured if isinstance(configured, str) and configured else key[:_SHORT_ID]
    written = entry.get("sessionPrefix") if entry else configured
    return Project(key, path, own_prefix(written, path), managed)
