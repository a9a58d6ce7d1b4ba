"""A legacy state of any size from one seed: texts from pools, one random source for each file.

The source of a file depends on the seed and the file's path alone, so that no file changes when another is added.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from harness.amounts import span
from harness.pools import Pools, pools
from harness.systems.ao import naming, parts
from harness.systems.ao.drawing_sessions import Site, draw_sessions, pick
from harness.systems.ao.extras import EXTRAS
from harness.systems.ao.local_yaml import LOCAL_KEYS
from harness.systems.ao.model import LEGACY, Form, LegacyState, Project, Shape, TargetState

_CLOCK_MS = 1_781_697_600_000  # 2026-06-17T12:00:00Z
_DAY_MS = 86_400_000
_FOLDERS = ("", "-app", "_svc", ".io", " site", "App")


def draw(shape: Shape, seed: int) -> LegacyState:
    """Returns the legacy state that the seed stands for; equal in every process, clean whatever `shape.clean` says."""
    source = Random(f"{seed}/{LEGACY}/config.yaml")  # noqa: S311 - reproducible, not secret
    texts = pools()
    user = shape.user or pick(source, naming.USERS)
    clock_ms = _CLOCK_MS + int(source.random() * 14 * _DAY_MS)
    taken: set[str] = set()
    projects = tuple(
        _project(shape, seed, number, _Frame(source, texts, user, clock_ms, taken))
        for number in range(_between(source, shape.projects))
    )
    registered = tuple(
        (project.id, naming.iso(clock_ms - 90 * _DAY_MS - number * 1_000), source.random() < 0.5)
        for number, project in enumerate(projects)
        if source.random() < 0.3
    )
    return LegacyState(
        user=user,
        projects=projects,
        settings=_settings(source),
        preferences=_preferences(source, texts, projects),
        registered=registered,
        extras=tuple(name for name in EXTRAS if source.random() < 0.7),
        target=TargetState(shape.target, shape.journal, shape.linked_data),
        clock_ns=clock_ms * 1_000_000,
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all projects of one state share."""

    source: Random
    texts: Pools
    user: str
    clock_ms: int
    taken: set[str]


def _between(source: Random, text: int | str) -> int:
    low, high = span(text)
    return low + int(source.random() * (high - low + 1))


def _settings(source: Random) -> dict[str, Any]:
    settings = dict(parts.SETTINGS)
    if source.random() < 0.3:
        settings["updateChannel"] = pick(source, ("stable", "nightly", "manual"))
    if source.random() < 0.4:
        defaults = dict(settings["defaults"])
        defaults["orchestrator"] = {"agent": pick(source, ("claude-code", "codex", "kimicode"))}
        defaults["worker"] = {"agent": pick(source, ("claude-code", "opencode"))}
        settings["defaults"] = defaults
    return settings


def _preferences(source: Random, texts: Pools, projects: tuple[Project, ...]) -> dict[str, Any] | None:
    if not projects or source.random() < 0.5:
        return None
    named = {
        project.id: {"pinned": source.random() < 0.5, "displayName": pick(source, texts.titles)}
        for project in projects
        if source.random() < 0.5
    }
    return {"defaultProjectId": projects[0].id, "projectOrder": [p.id for p in projects], "projects": named}


def _project(shape: Shape, seed: int, number: int, frame: _Frame) -> Project:
    source, texts = frame.source, frame.texts
    word = pick(source, texts.words)
    folder = f"{word}{pick(source, _FOLDERS)}" if number == 0 else f"{word}{number}{pick(source, _FOLDERS)}"
    if folder.endswith("App"):
        folder = folder.capitalize()[:-3] + "App"
    path = f"code/{folder}"
    origin = f"git@git.example:{pick(source, texts.words)}/{word}.git" if source.random() < 0.8 else ""
    absolute = f"/home/{frame.user}/{path}"
    form: Form = "v1" if shape.forms == "v1" or (shape.forms == "mixed" and source.random() < 0.5) else "v2"
    prefix = parts.free_prefix(folder, frame.taken)
    derived = prefix == naming.session_prefix(folder) and source.random() < 0.2
    key = naming.storage_key(absolute)
    store = "" if form == "v2" else (key if source.random() < 0.4 else f"{key}-{folder}")
    bare = Project(
        id=naming.project_id(absolute, origin)
        if form == "v2" or source.random() < 0.5
        else f"{word}{number}",
        path=path,
        prefix=None if derived else prefix,
        display_name=pick(source, (*texts.titles, folder, word)) if source.random() < 0.9 else None,
        name_key="name" if source.random() < 0.1 else "displayName",
        default_branch=pick(source, ("main", "main", "main", "develop", "release/2.x", None)),
        origin=origin,
        repo_form=pick(source, ("mapping", "mapping", "mapping", "text", "originUrl", "none")),
        registered_at=None if source.random() < 0.1 else (frame.clock_ms - 100 * _DAY_MS) // 1000 + number,
        tilde=source.random() < 0.1,
        local=_local(source) if source.random() < 0.6 else None,
        local_mtime_ns=(frame.clock_ms - 80 * _DAY_MS) * 1_000_000,
        exists=source.random() < 0.92,
        form=form,
        storage_key=store,
        keyed=len(store) == len(key) or source.random() < 0.6,
        archive={"old-9_2026-02-20T10-00-00-000Z": "status=killed\n"} if form == "v1" else {},
    )
    site = Site(shape, seed, texts, frame.clock_ms, bare)
    return replace(bare, sessions=draw_sessions(site, _between(source, shape.sessions)))


def _local(source: Random) -> dict[str, Any]:
    return {key: pick(source, values) for key, values in LOCAL_KEYS.items() if source.random() < 0.4}
