"""The project registry: its files and their overlays, mapped to rows of `projects`.

Legacy: `packages/core/src/global-config.ts`, `portfolio-registry.ts`, `paths.ts` (the prefix rule).
"""

import json
import os
import re
from typing import Any

from migrator import files
from migrator.ao import gitorigin, moments, registries, settings, yaml12
from migrator.ao.places import Places
from migrator.ao.session import NOTHING, Tell, clean, strict_json
from migrator.system import Note, Plan, Record

MILLISECONDS_FROM = 1e11  # a larger number counts milliseconds
ID_MAX = 128  # characters of an id for which the legacy tool makes folders (`packages/core/src/paths.ts`)
KNOWN = {
    "projectId", "path", "repo", "defaultBranch", "source", "registeredAt", "displayName", "name",
    "originUrl", "sessionPrefix", "storageKey",
}  # fmt: skip


def read_json(places: Places, *name: str) -> dict[str, Any]:
    """A small JSON object under the legacy root; empty if missing or broken, as it was for the legacy tool."""
    path = os.path.join(places.root, *name)
    try:
        if files.inside(os.path.dirname(path), places.home):
            text = files.read(path, yaml12.BOUND)[0].removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
            return _dict(strict_json(text))
    except (OSError, ValueError):
        pass
    return {}


def _overlay(places: Places, name: str, empty: Any, **texts: str | None) -> Any:
    """The projects of a portfolio file; none if one part has not its shape, as it was for the legacy tool."""
    whole = read_json(places, "portfolio", name)
    found = whole.get("projects")
    if whole.get("version") != 1 or not isinstance(found, type(empty)):
        return empty
    items = found.values() if isinstance(found, dict) else found
    sound = all(
        isinstance(item, dict) and all(isinstance(item.get(key, other), str) for key, other in texts.items())
        for item in items
    )
    return found if sound else empty


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def own_prefix(given: Any, path: str) -> str:
    """The session prefix of a project: the given one where it can be one, else that of its folder's name."""
    return given if isinstance(given, str) and re.fullmatch("[a-zA-Z0-9_-]+", given) else prefix_of(path)


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


class Projects:
    """Every registry entry's fate is in the plan; `prefixes` maps the usable ids to their session prefix.

    `there` maps the ids that the target has to their paths. Raises Refusal when a registry file cannot be read.
    """

    def __init__(self, places: Places, there: dict[str, str], plan: Plan) -> None:
        self._places, self._there, self._plan = places, there, plan
        self.prefixes: dict[str, str] = {}
        self._paths: dict[str, str] = {}
        self._storage: dict[str, str] = {}
        self._from: dict[str, registries.Registry] = {}
        self._names = _overlay(places, "preferences.json", {}, displayName="")
        self._added = _overlay(places, "registered.json", [], path=None, addedAt=None, configProjectKey="")
        taken = {os.path.normpath(path): project for project, path in there.items()}
        paths = registries.paths(places)
        self._files = set(map(os.path.realpath, paths))
        for path in paths:
            registry = registries.read(places, path)
            for key, entry in (registry.values.get("projects") or {}).items():
                self._entry(registry, key, entry, taken)
            if not registry.values.get("projects"):
                self._other(path)
        for path in registries.spare(places):
            self._other(path)

    def _other(self, path: str) -> None:
        fate = "skipped", "not-migrated"
        self._plan.records.append(Record("other", self._places.shown(path), os.path.basename(path), *fate))

    def _entry(self, registry: registries.Registry, key: str, entry: Any, taken: dict[str, str]) -> None:
        try:
            self._claim(registry, key)
            if isinstance(_dict(entry).get("storageKey"), str):
                self._storage.setdefault(entry["storageKey"], key)
            path = self._path(key, entry, taken)
        except _AsideError as why:
            record = Record("project", self._source(key, registry), key, "set-aside", *why.args)
            self._plan.records.append(record)
            return
        taken.setdefault(path, key)
        self._add(key, _dict(entry), path)

    def _claim(self, registry: registries.Registry, key: str) -> None:
        """Of two registries of the first releases the first found keeps the id."""
        if self._from.setdefault(key, registry) is not registry:
            raise _AsideError("duplicate-source", f"{self._from[key].path} has a project of this id too")

    def owner(self, folder: str) -> str | None:
        """The project of a V1 folder: by storage key, by id, or by the one path that ends in its name."""
        name = folder[13:]
        if folder in self._storage:
            return self._storage[folder]
        if name in self._from:
            return name
        ending = [project for project, path in self._paths.items() if os.path.basename(path) == name]
        return ending[0] if name and len(ending) == 1 else None

    def _source(self, key: str, registry: registries.Registry | None = None) -> str:
        return f"{self._places.shown((registry or self._from[key]).path)}#projects/{key}"

    def _path(self, key: str, entry: Any, taken: dict[str, str]) -> str:
        sound = re.fullmatch("[A-Za-z0-9][A-Za-z0-9._-]*", key) and ".." not in key and len(key) <= ID_MAX
        if not sound and key not in self._there:
            raise _AsideError("invalid-project-id", f"the key {key[:80]!r} cannot be a project id")
        path = _dict(entry).get("path")
        if not isinstance(path, str) or not path.strip() or "\0" in path:
            if key in self._there:
                return self._there[key]
            if not isinstance(entry, dict):
                raise _AsideError("invalid-entry", f"the entry is a {type(entry).__name__}, not a mapping")
            raise _AsideError("no-path", "the entry has no usable path")
        full = self._places.expand(
            clean(path), os.path.dirname(self._from[key].path) if self._from[key].first else ""
        )
        if key in self._there:
            return full
        if not path.startswith("/") and self._places.shown(full) == full != self._places.home:
            raise _AsideError("path-escapes-home", f"{path!r} leaves the home")
        if taken.get(full, key) != key:
            raise _AsideError("path-already-registered", f"{full} belongs to project {taken[full]!r}")
        return full

    def _add(self, key: str, entry: dict[str, Any], path: str) -> None:
        self._paths[key] = path
        self.prefixes[key] = own_prefix(entry.get("sessionPrefix"), path)
        registry = self._from[key]
        if registry.first:
            self._storage.setdefault(registry.storage_key(path), key)
        file, mtime_ns = settings.local(self._places, path)
        values: dict[str, Any] = {}
        own = registry.first and (file is None or os.path.realpath(file) in self._files)
        fate = "skipped", "merged", "what it says is in the project's record"
        try:
            if own:
                values = settings.checked(entry)
            elif file:
                values = settings.read(self._places.settled(file))
        except settings.DegradedError as why:
            fate = "set-aside", "degraded-project", str(why)
        if own and fate[0] == "set-aside":
            self._plan.records.append(Record("settings", self._source(key), key, *fate))
        elif file and not own:
            self._plan.records.append(Record("settings", self._places.shown(file), key, *fate))
        if key not in self._there:
            when = mtime_ns if file and not own else None
            when = registry.mtime_ns if when is None else when
            row = self._row(key, entry, path, values, own=own, mtime_ns=when)
            self._plan.add("projects", "id", row)
        outcome = "present" if key in self._there else "migrated"
        self._plan.records.append(Record("project", self._source(key), key, outcome))

    def _row(
        self, key: str, entry: dict[str, Any], path: str, values: Any, *, own: bool, mtime_ns: int
    ) -> dict[str, Any]:
        def tell(reason: str, detail: str) -> None:
            self._plan.notes.append(Note(self._source(key), key, reason, clean(detail)))

        if "." in key:
            tell("dotted-id", "later daemons refuse session ids with a dot")
        if not os.path.isdir(path):
            tell("path-missing", f"{path} is not there")
        if not own:
            settings.tell_dropped("", entry, KNOWN, tell)
        for name in ("defaultBranch", "displayName", "name", "sessionPrefix"):
            value = entry.get(name)
            usable = self.prefixes[key] == value if name == "sessionPrefix" else isinstance(value, str)
            if value not in NOTHING and not usable:
                tell("dropped-setting", f"{name} {str(value)[:80]!r} cannot be used")
        behaviour = {name: value for name, value in values.items() if not (own and name in KNOWN)}
        branch = entry.get("defaultBranch")
        config = settings.mapped(behaviour, self.prefixes[key], branch, self._defaults(key), tell)
        preferred = _dict(self._names.get(key)).get("displayName")
        name = _first_text(preferred, entry.get("displayName"), entry.get("name"))
        repo = entry.get("repo")
        named = repo.get("originUrl") if isinstance(repo, dict) else repo
        row = {
            "id": key,
            "path": path,
            "repo_origin_url": _first_text(gitorigin.origin(path), named, entry.get("originUrl")),
            "display_name": "" if name == key else name,
            "registered_at": self._registered(key, entry, path, tell) or moments.from_ns(mtime_ns),
            "archived_at": None,
            "config": clean(json.dumps(config, ensure_ascii=False)),
            "kind": "single_repo",
        }
        if "\ufffd" in "".join(map(str, row.values())):
            tell("replaced-text", "what is not text was replaced")
        return row

    def _defaults(self, key: str) -> dict[str, Any]:
        return _dict(self._from[key].values.get("defaults"))

    def _registered(self, key: str, entry: dict[str, Any], path: str, tell: Tell) -> str | None:
        """The first time that can be read; what stood before it and is none is told."""
        odd = []
        for one in self._added:
            text = one.get("path")
            same = isinstance(text, str) and "\0" not in text and self._places.expand(text) == path
            if one.get("configProjectKey") == key or same:
                if moment := moments.parsed(one.get("addedAt")):
                    return moment
                odd += [one.get("addedAt")]
        value = entry.get("registeredAt")
        moment = moments.parsed(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            moment = moments.in_range(value if value > MILLISECONDS_FROM else value * 1000)
        odd += [] if moment else [value]
        if bad := [one for one in odd if one not in NOTHING]:
            tell("bad-timestamp", f"registered {str(bad[0])[:80]!r} is no time; the next source was used")
        return moment


def _first_text(*values: Any) -> str:
    return clean(next((value for value in values if isinstance(value, str) and value), ""))
