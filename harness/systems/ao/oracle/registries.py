"""The registry files of a home: the global one, or, before 0.3, those that wrapped the settings of their projects.

Sources: ``packages/core/src/global-config.ts`` (``getGlobalConfigPath``), ``config.ts`` (``findConfigFile``,
``generateLegacyWrappedStorageKey``).  The first releases looked upward from the folder they were started in; of that
only the ``.origin`` file tells which they left in each of their folders of sessions.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from harness.home import Entry
from harness.systems.ao.oracle.paths import absolute, shown
from harness.systems.ao.oracle.tree import Tree
from harness.systems.ao.oracle.yaml12 import YamlInvalidError, load

LEGACY = ".agent-orchestrator"
CONFIG = f"{LEGACY}/config.yaml"

_IN_HOME = (".agent-orchestrator.yaml", ".agent-orchestrator.yml", ".config/agent-orchestrator/config.yaml")
_IN_FOLDERS = ("agent-orchestrator.yaml", "agent-orchestrator.yml")
_OLD_FOLDER = re.compile(r"[0-9a-f]{12}-.*", re.DOTALL)
_MAX_ORIGIN = 16 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Config:
    """A registry file: its absolute path, its content and mtime (ns), or the fact that it cannot be read.

    `first` tells that it is one of the first releases, in which an entry holds its project's settings too.
    """

    path: str
    first: bool
    valid: bool = True
    values: dict[str, Any] = field(default_factory=dict)
    mtime_ns: int = 0

    @property
    def projects(self) -> dict[str, Any]:
        """Returns the entries by key."""
        return self.values.get("projects") or {}

    def source(self, root: str, key: str) -> str:
        """Returns how a report names an entry."""
        return f"{shown(root, self.path)}#projects/{key}"

    def project_path(self, root: str, path: str) -> str:
        """Returns the absolute path of a project: in the first releases relative to the registry's own folder."""
        relative = not path.startswith("/") and path != "~" and not path.startswith("~/")
        return absolute(
            root, posixpath.join(posixpath.dirname(self.path), path) if self.first and relative else path
        )

    def storage_key(self, tree: Tree, path: str) -> str:
        """Returns the folder in which the first releases kept the sessions of a project."""
        folder = posixpath.dirname(tree.home.resolve(self.path)).encode("utf-8", "surrogateescape")
        return f"{hashlib.sha256(folder).hexdigest()[:12]}-{posixpath.basename(path)}"


def read_configs(tree: Tree) -> list[Config]:
    """Returns the registry files that count; none where there is nothing to migrate."""
    root = tree.home.root
    legacy = tree.directory(f"{root}/{LEGACY}")
    if legacy is None:
        return []
    if f"{legacy}/config.yaml" in tree.home.entries:
        return [_read(tree, f"{root}/{CONFIG}", first=False)]
    paths = [*_in_home(tree)[:1], *_origins(tree, legacy)]
    return [_read(tree, path, first=True) for path in dict.fromkeys(paths)]


def spare_registries(tree: Tree) -> list[str]:
    """Returns the absolute paths of registries of the first releases that do not count."""
    legacy = tree.directory(f"{tree.home.root}/{LEGACY}")
    counts = 0 if f"{legacy}/config.yaml" in tree.home.entries else 1
    return _in_home(tree)[counts:]


def _in_home(tree: Tree) -> list[str]:
    root = tree.home.root
    return [f"{root}/{name}" for name in _IN_HOME if _entry(tree, f"{root}/{name}") is not None]


def _entry(tree: Tree, path: str) -> Entry | None:
    folder = tree.directory(posixpath.dirname(path))
    return (
        None if folder is None else tree.home.get(posixpath.normpath(f"{folder}/{posixpath.basename(path)}"))
    )


def _origins(tree: Tree, legacy: str) -> Iterator[str]:
    for name in tree.names(legacy):
        place = f"{legacy}/{name}/.origin"
        entry = tree.home.get(place)
        if (
            not _OLD_FOLDER.fullmatch(name)
            or entry is None
            or entry.kind != "file"
            or entry.size > _MAX_ORIGIN
        ):
            continue
        if not entry.mode & 0o400 or not tree.may_reach(place):
            continue
        text = tree.read(place).decode("utf-8", "surrogateescape").strip()
        path = absolute(tree.home.root, text)
        inside = tree.home.relative(tree.home.resolve(path))
        found = None if inside is None else tree.home.get(inside)
        if (
            found
            and inside
            and found.kind == "file"
            and posixpath.basename(path) in _IN_FOLDERS
            and tree.may_reach(inside)
        ):
            yield path


def _read(tree: Tree, path: str, *, first: bool) -> Config:
    text = tree.text_at(path)
    entry = tree.home.lookup(path)
    if text is None or entry is None:
        return Config(path, first, valid=False)
    try:
        values = load(text)
    except YamlInvalidError:
        return Config(path, first, valid=False)
    values = {} if values is None else values
    if not isinstance(values, dict) or not isinstance(values.get("projects"), dict | None):
        return Config(path, first, valid=False)
    return Config(path, first, values=values, mtime_ns=entry.mtime_ns)
