"""The project registry: config.yaml and its overlays, mapped to rows of `projects`.

Legacy: `packages/core/src/global-config.ts`, `portfolio-registry.ts`, `paths.ts` (the prefix rule).
"""

import json
import os
import re
from collections.abc import Iterator
from typing import Any

from migrator import files
from migrator.ao import gitorigin, moments, settings, yaml12
from migrator.ao.places import Places
from migrator.ao.session import clean, strict_json
from migrator.outcome import Refusal
from migrator.system import Note, Plan, Record

MILLISECONDS_FROM, BEYOND = 1e11, 1e15  # a larger number counts milliseconds; still larger is no time
KNOWN = {
    "projectId", "path", "repo", "defaultBranch", "source", "registeredAt", "displayName", "name",
    "originUrl", "sessionPrefix", "storageKey",
}  # fmt: skip


def _config(places: Places) -> tuple[dict[str, Any], int]:
    """The mapping in config.yaml, its `projects` a mapping too, and the file's time. Raises Refusal."""
    path = places.settled(places.config or "")
    try:
        data, about = files.read(path, yaml12.BOUND)
        value = yaml12.load(data)
    except (OSError, ValueError) as error:
        message = f"{path} cannot be read: {error}. Repair it and run again."
        raise Refusal("CONFIG_INVALID", message) from error
    whole = {} if value is None else value
    if not isinstance(whole, dict) or not isinstance(whole.get("projects"), dict | None):
        message = f"{path} must be a mapping with a mapping `projects`. Repair it and run again."
        raise Refusal("CONFIG_INVALID", message)
    return whole, about.st_mtime_ns


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

    `there` maps the ids that the target has to their paths. Raises Refusal when config.yaml cannot be read.
    """

    def __init__(self, places: Places, there: dict[str, str], plan: Plan) -> None:
        self._places, self._there, self._plan = places, there, plan
        self.prefixes: dict[str, str] = {}
        self._paths: dict[str, str] = {}
        self._storage: dict[str, str] = {}
        whole, self._mtime_ns = _config(places)
        self._defaults = _dict(whole.get("defaults"))
        self._names = _overlay(places, "preferences.json", {}, displayName="")
        self._added = _overlay(places, "registered.json", [], path=None, addedAt=None, configProjectKey="")
        taken = {os.path.normpath(path): project for project, path in there.items()}
        entries = whole.get("projects") or {}
        if not entries:
            shown = places.shown(places.config or "")
            plan.records.append(Record("other", shown, os.path.basename(shown), "skipped", "not-migrated"))
        for key, entry in entries.items():
            try:
                path = self._path(key, entry, taken)
            except _AsideError as why:
                self._plan.records.append(Record("project", self._source(key), key, "set-aside", *why.args))
                continue
            taken.setdefault(path, key)
            self._add(key, _dict(entry), path)

    def owner(self, folder: str) -> str | None:
        """The project of a V1 folder: by storage key, by id, or by the one path that ends in its name."""
        name = folder[13:]
        if folder in self._storage:
            return self._storage[folder]
        if name in self.prefixes:
            return name
        ending = [project for project, path in self._paths.items() if os.path.basename(path) == name]
        return ending[0] if name and len(ending) == 1 else None

    def _source(self, key: str) -> str:
        return f"{self._places.shown(self._places.config or '')}#projects/{key}"

    def _path(self, key: str, entry: Any, taken: dict[str, str]) -> str:
        if not re.fullmatch("[A-Za-z0-9][A-Za-z0-9._-]*", key) or ".." in key:
            raise _AsideError("invalid-project-id", f"the key {key[:80]!r} cannot be a project id")
        path = _dict(entry).get("path")
        if not isinstance(path, str) or not path.strip() or "\0" in path:
            if key in self._there:
                return self._there[key]
            if not isinstance(entry, dict):
                raise _AsideError("invalid-entry", f"the entry is a {type(entry).__name__}, not a mapping")
            raise _AsideError("no-path", "the entry has no usable path")
        full = self._places.expand(clean(path))
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
        if isinstance(entry.get("storageKey"), str):
            self._storage[entry["storageKey"]] = key
        file, mtime_ns = settings.local(self._places, path)
        values: dict[str, Any] = {}
        if file:
            fate = "skipped", "merged", "what it says is in the project's record"
            try:
                values = settings.read(self._places.settled(file))
            except settings.DegradedError as why:
                fate = "set-aside", "degraded-project", str(why)
            self._plan.records.append(Record("settings", self._places.shown(file), key, *fate))
        if key not in self._there:
            row = self._row(key, entry, path, values, self._mtime_ns if mtime_ns is None else mtime_ns)
            self._plan.add("projects", "id", row)
        outcome = "present" if key in self._there else "migrated"
        self._plan.records.append(Record("project", self._source(key), key, outcome))

    def _row(self, key: str, entry: dict[str, Any], path: str, values: Any, mtime_ns: int) -> dict[str, Any]:
        def tell(reason: str, detail: str) -> None:
            self._plan.notes.append(Note(self._source(key), key, reason, clean(detail)))

        if "." in key:
            tell("dotted-id", "later daemons refuse session ids with a dot")
        if not os.path.isdir(path):
            tell("path-missing", f"{path} is not there")
        if extra := [name for name in entry if name not in KNOWN]:
            tell("dropped-setting", f"ignored by the legacy tool too: {', '.join(extra)}")
        branch = entry.get("defaultBranch")
        config = settings.mapped(values, self.prefixes[key], branch, self._defaults, tell)
        preferred = _dict(self._names.get(key)).get("displayName")
        name = _first_text(preferred, entry.get("displayName"), entry.get("name"))
        repo = entry.get("repo")
        named = repo.get("originUrl") if isinstance(repo, dict) else repo
        return {
            "id": key,
            "path": path,
            "repo_origin_url": _first_text(gitorigin.origin(path), named, entry.get("originUrl")),
            "display_name": "" if name == key else name,
            "registered_at": next(self._registered(key, entry, path), None) or moments.from_ns(mtime_ns),
            "archived_at": None,
            "config": clean(json.dumps(config, ensure_ascii=False)),
            "kind": "single_repo",
        }

    def _registered(self, key: str, entry: dict[str, Any], path: str) -> Iterator[str | None]:
        for one in self._added:
            text = one.get("path")
            same = isinstance(text, str) and "\0" not in text and self._places.expand(text) == path
            if (one.get("configProjectKey") == key or same) and moments.parsed(one.get("addedAt")):
                yield moments.parsed(one["addedAt"])
        value = entry.get("registeredAt")
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < BEYOND:
            yield moments.from_ms(value if value > MILLISECONDS_FROM else value * 1000)
        yield moments.parsed(value)


def _first_text(*values: Any) -> str:
    return clean(next((value for value in values if isinstance(value, str) and value), ""))
