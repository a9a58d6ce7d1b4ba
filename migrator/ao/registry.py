"""The project registry: config.yaml and its overlays, mapped to rows of `projects`.

Legacy: `packages/core/src/global-config.ts`, `portfolio-registry.ts`, `paths.ts` (the prefix rule).
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from migrator import files
from migrator.ao import gitorigin, moments, settings, yaml12
from migrator.ao.places import Places, read_inside
from migrator.ao.session import clean
from migrator.outcome import Refusal
from migrator.report import Note, Record

BOUND = 16 << 20
PROJECT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
PREFIX = re.compile(r"[a-zA-Z0-9_-]+")
MILLISECONDS_FROM, BEYOND = 1e11, 1e15  # a larger number counts milliseconds; still larger is no time
KNOWN = frozenset(
    [
        "projectId",
        "path",
        "repo",
        "defaultBranch",
        "source",
        "registeredAt",
        "displayName",
        "name",
        "originUrl",
        "sessionPrefix",
        "storageKey",
    ]
)


@dataclass(frozen=True, slots=True)
class Registry:
    """What config.yaml and the files beside it say, as plain values."""

    entries: dict[str, Any]
    defaults: dict[str, Any]
    mtime_ns: int
    added: list[dict[str, Any]]
    shown_names: dict[str, Any]


def load(places: Places) -> Registry:
    """The registry as it stands. Raises Refusal when config.yaml cannot be read."""
    path = places.config or ""
    try:
        value = yaml12.load(read_inside(path, places, BOUND))
        mtime = os.stat(path).st_mtime_ns
    except (OSError, ValueError) as error:
        raise Refusal(
            "CONFIG_INVALID", f"{path} cannot be read: {error}. Repair it and run again."
        ) from error
    whole = {} if value is None else value
    entries = whole.get("projects") if isinstance(whole, dict) else whole
    if not isinstance(entries, dict | None):
        raise Refusal(
            "CONFIG_INVALID", f"{path} must be a mapping with a mapping `projects`. Repair it and run again."
        )
    registered = _overlay(places, "registered.json").get("projects")
    preferences = _overlay(places, "preferences.json").get("projects")
    return Registry(
        entries=entries or {},
        defaults=_dict(whole.get("defaults")),
        mtime_ns=mtime,
        added=[one for one in registered if isinstance(one, dict)] if isinstance(registered, list) else [],
        shown_names={key: _dict(one).get("displayName") for key, one in _dict(preferences).items()},
    )


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _overlay(places: Places, name: str) -> dict[str, Any]:
    """A file that fails its shape counts as empty, as it did for the legacy tool."""
    return _dict(read_json(os.path.join(places.root, "portfolio", name)))


def read_json(path: str) -> Any:
    """A small JSON file of the legacy tool; None when it is missing or broken."""
    try:
        return json.loads(files.read(path, BOUND)[0].decode("utf-8-sig", "replace"))
    except (OSError, ValueError, RecursionError):
        return None


def prefix_of(path: str) -> str:
    """The session prefix that the legacy tool derives from a project's folder name."""
    name = os.path.basename(path)
    capitals = re.findall("[A-Z]", name)
    if len(name) <= 4:
        return name.lower()
    if len(capitals) > 1:
        return "".join(capitals).lower()
    for separator in "-_":
        if separator in name:
            return "".join(word[:1] for word in name.split(separator)).lower()
    return name[:3].lower()


class _AsideError(Exception):
    """The entry cannot become a project: reason and detail."""


@dataclass(slots=True)
class Projects:
    """Every registry entry's fate; `there` maps the ids that the target has to their paths.

    `known` maps the usable ids to their session prefix.
    """

    registry: Registry
    places: Places
    there: dict[str, str]
    records: list[Record] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    _paths: dict[str, str] = field(default_factory=dict)
    _storage: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        taken = {os.path.normpath(path): project for project, path in self.there.items()}
        for key, entry in self.registry.entries.items():
            try:
                path = self._path(key, entry, taken)
            except _AsideError as why:
                self.records.append(Record("project", self._source(key), key, "set-aside", *why.args))
                continue
            taken.setdefault(path, key)
            self._add(key, entry, path)

    def owner(self, folder: str, name: str) -> str | None:
        """The project of a V1 folder: by storage key, by id, or by the one path that ends in its name."""
        if folder in self._storage:
            return self._storage[folder]
        if name in self.known:
            return name
        ending = [project for project, path in self._paths.items() if os.path.basename(path) == name]
        return ending[0] if name and len(ending) == 1 else None

    def _source(self, key: str) -> str:
        return f"{self.places.shown(self.places.config or '')}#projects/{key}"

    def _path(self, key: str, entry: Any, taken: dict[str, str]) -> str:
        if not PROJECT_ID.fullmatch(key) or ".." in key:
            raise _AsideError("invalid-project-id", f"the key {key[:80]!r} cannot be a project id")
        if not isinstance(entry, dict):
            raise _AsideError("invalid-entry", f"the entry is a {type(entry).__name__}, not a mapping")
        path = entry.get("path")
        if not isinstance(path, str) or not path.strip() or "\0" in path:
            if key in self.there:
                return self.there[key]
            raise _AsideError("no-path", "the entry has no usable path")
        full = self.places.expand(clean(path))
        if key in self.there:
            return full
        if self.places.escapes(path):
            raise _AsideError("path-escapes-home", f"{path!r} leaves the home")
        if taken.get(full, key) != key:
            raise _AsideError("path-already-registered", f"{full} belongs to project {taken[full]!r}")
        return full

    def _add(self, key: str, entry: dict[str, Any], path: str) -> None:
        self._paths[key] = path
        given = entry.get("sessionPrefix")
        self.known[key] = given if isinstance(given, str) and PREFIX.fullmatch(given) else prefix_of(path)
        if isinstance(entry.get("storageKey"), str):
            self._storage[entry["storageKey"]] = key
        values, mtime_ns = self._settings(key, path)
        if key in self.there:
            self.records.append(Record("project", self._source(key), key, "present"))
            return
        self.rows.append(self._row(key, entry, path, values, mtime_ns))
        self.records.append(Record("project", self._source(key), key, "migrated"))

    def _settings(self, key: str, path: str) -> tuple[dict[str, Any], int]:
        """The project's own settings, none when there are none or they are unusable, and their file's time."""
        file, mtime_ns = settings.local(path)
        if not file:
            return {}, self.registry.mtime_ns
        try:
            return settings.read(file), mtime_ns
        except settings.DegradedError as why:
            shown = self.places.shown(file)
            self.records.append(Record("settings", shown, key, "set-aside", "degraded-project", str(why)))
            return {}, mtime_ns

    def _row(
        self, key: str, entry: dict[str, Any], path: str, values: dict[str, Any], mtime_ns: int
    ) -> dict[str, Any]:
        def tell(reason: str, detail: str) -> None:
            self.notes.append(Note(self._source(key), key, reason, clean(detail)))

        if "." in key:
            tell("dotted-id", "later daemons refuse session ids with a dot")
        if not os.path.isdir(path):
            tell("path-missing", f"{path} is not there")
        if extra := [name for name in entry if name not in KNOWN]:
            tell("dropped-setting", f"ignored by the legacy tool too: {', '.join(extra)}")
        config = settings.mapped(
            values, self.known[key], entry.get("defaultBranch"), self.registry.defaults, tell
        )
        names = (self.registry.shown_names.get(key), entry.get("displayName"), entry.get("name"))
        name = _first_text(names)
        repo = entry.get("repo")
        origins = (
            gitorigin.origin(path),
            repo.get("originUrl") if isinstance(repo, dict) else repo,
            entry.get("originUrl"),
        )
        return {
            "id": key,
            "path": path,
            "repo_origin_url": clean(_first_text(origins)),
            "display_name": "" if name == key else clean(name),
            "registered_at": next(self._registered(key, entry, path), None) or moments.from_ns(mtime_ns),
            "archived_at": None,
            "config": clean(json.dumps(config, ensure_ascii=False)),
            "kind": "single_repo",
        }

    def _registered(self, key: str, entry: dict[str, Any], path: str) -> Iterator[str]:
        for one in self.registry.added:
            text = one.get("path")
            same = isinstance(text, str) and "\0" not in text and self.places.expand(text) == path
            if (one.get("configProjectKey") == key or same) and (
                moment := moments.parsed(one.get("addedAt"))
            ):
                yield moment
        value = entry.get("registeredAt")
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < BEYOND:
            yield moments.from_ms(value if value > MILLISECONDS_FROM else value * 1000)
        elif moment := moments.parsed(value):
            yield moment


def _first_text(values: tuple[Any, ...]) -> str:
    return next((value for value in values if isinstance(value, str) and value), "")
