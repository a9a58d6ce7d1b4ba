"""Small legacy states drawn field by field; they shrink to one plain session, and to nothing where that is allowed."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from harness.amounts import span
from harness.systems.ao import naming, parts
from harness.systems.ao.extras import EXTRAS
from harness.systems.ao.local_yaml import LOCAL_KEYS
from harness.systems.ao.model import Form, LegacyState, Project, Session, Shape, TargetState
from harness.systems.ao.strategies_sessions import CLOCK_MS, line, plain_session, sessions_like

_FOLDERS = (
    "app",
    "my_app",
    "Beta.Repo",
    "integrator",
    "web site",
    "proj",
    "my-proj",
    "naïve",
    "HTTPServer",
    "x",
)
_ORIGINS = (
    "git@git.example:acme/app.git",
    "https://git.example/acme/my-app",
    "https://gitlab.example/Group/x.git",
)
_Json = Mapping[str, Any]


def states(shape: Shape) -> st.SearchStrategy[LegacyState]:
    """Returns the strategy that draws states of the shape; with ``clean = false`` also of records that are odd."""
    low, high = span(shape.projects)
    projects = st.lists(_projects(shape), min_size=low, max_size=high).map(_set_apart)
    return st.builds(
        _state,
        user=st.just(shape.user) if shape.user else st.sampled_from(naming.USERS),
        projects=projects,
        settings=_settings(),
        overlay=st.lists(_overlays(), min_size=high, max_size=high),
        extras=st.lists(st.sampled_from(sorted(EXTRAS)), unique=True, max_size=4).map(sorted).map(tuple),
        target=st.just(TargetState(shape.target, shape.journal, shape.linked_data)),
    )


def _state(
    *,
    user: str,
    projects: list[Project],
    settings: _Json,
    overlay: list[tuple[str | None, bool | None]],
    extras: tuple[str, ...],
    target: TargetState,
) -> LegacyState:
    pairs = list(zip(projects, overlay, strict=False))
    names = {project.id: {"displayName": name} for project, (name, _) in pairs if name is not None}
    added = naming.iso(CLOCK_MS - 8_000_000_000)
    return LegacyState(
        user=user,
        projects=tuple(projects),
        settings=settings,
        preferences={"projects": names} if names else None,
        registered=tuple((project.id, added, keyed) for project, (_, keyed) in pairs if keyed is not None),
        extras=extras,
        target=target,
        clock_ns=CLOCK_MS * 1_000_000,
    )


def _overlays() -> st.SearchStrategy[tuple[str | None, bool | None]]:
    return st.tuples(st.none() | line(), st.none() | st.booleans())


def _settings() -> st.SearchStrategy[_Json]:
    roles = st.fixed_dictionaries(
        {},
        optional={
            "agent": st.sampled_from(("claude-code", "codex")),
            "orchestrator": st.sampled_from(({"agent": "claude-code"}, {"agent": "kimicode"})),
            "worker": st.sampled_from(({"agent": "opencode"}, {"agent": "cursor"})),
        },
    )
    return st.just({}) | roles.map(lambda defaults: {**parts.SETTINGS, "defaults": defaults})


def _projects(shape: Shape) -> st.SearchStrategy[Project]:
    forms: Mapping[str, tuple[Form, ...]] = {"v2": ("v2",), "v1": ("v1",), "mixed": ("v2", "v1")}
    kinds = {form: _projects_in(shape, form) for form in forms[shape.forms]}
    return st.sampled_from(forms[shape.forms]).flatmap(kinds.__getitem__)


def _projects_in(shape: Shape, form: Form) -> st.SearchStrategy[Project]:
    low, high = span(shape.sessions)
    local = st.fixed_dictionaries(
        {}, optional={key: st.sampled_from(values) for key, values in LOCAL_KEYS.items()}
    )
    return st.builds(
        Project,
        id=st.just(""),
        path=st.sampled_from(_FOLDERS),
        sessions=st.lists(sessions_like(shape, form), min_size=low, max_size=high).map(tuple),
        prefix=st.sampled_from(("", None, "-orchestrator")),
        display_name=st.none() | line(),
        name_key=st.sampled_from(("displayName", "name")),
        default_branch=st.sampled_from(("main", "develop", None)),
        origin=st.just("") | st.sampled_from(_ORIGINS),
        repo_form=st.sampled_from(("mapping", "text", "originUrl", "none")),
        registered_at=st.none() | st.integers(1_700_000_000, CLOCK_MS // 1000),
        tilde=st.booleans(),
        local=st.none() | local,
        local_mtime_ns=st.integers(1_750_000_000, CLOCK_MS // 1000).map(
            lambda seconds: seconds * 1_000_000_000
        ),
        exists=st.booleans().map(lambda gone: not gone),
        form=st.just(form),
        storage_key=st.sampled_from(("named", "bare")) if form == "v1" else st.just(""),
        keyed=st.booleans() if form == "v1" else st.just(True),
        archive=st.just({}) | st.just({"old-4_20260220T143052Z": "status=merged\n"})
        if form == "v1"
        else st.just({}),
    )


def _set_apart(drafts: list[Project]) -> list[Project]:
    """Returns the projects with ids, paths and prefixes that differ, and their sessions with ids of their own."""
    taken: set[str] = set()
    given: set[str] = set()
    return [_settled(draft, number, taken, given) for number, draft in enumerate(drafts)]


def _settled(draft: Project, number: int, taken: set[str], given: set[str]) -> Project:
    folder = f"{draft.path}{number}" if number else draft.path
    path = f"code/{folder}"
    prefix = parts.free_prefix(folder, taken, ending=draft.prefix or "")
    derived = draft.prefix is None and prefix == naming.session_prefix(folder)
    key = naming.storage_key(path)
    store = {"named": f"{key}-{folder}", "bare": key}.get(draft.storage_key, "")
    project = replace(
        draft,
        id=naming.project_id(path, draft.origin),
        path=path,
        prefix=None if derived else prefix,
        storage_key=store,
        keyed=draft.keyed or store == key,
    )
    return replace(project, sessions=tuple(_named(project, prefix, draft.sessions, given)))


def _named(project: Project, prefix: str, drafts: tuple[Session, ...], given: set[str]) -> list[Session]:
    """Returns the sessions under the ids that their number and role call for; an id is given out once.

    With the prefixes `app` and `app-orchestrator`, two projects may call for the same one.
    """
    named: list[Session] = []
    for number, draft in enumerate(drafts, 1):
        wanted = draft.id.format(prefix=prefix, number=number)
        others = (f"{prefix}-{number + step * len(drafts)}" for step in itertools.count())
        identity = next(name for name in itertools.chain([wanted], others) if name not in given)
        given.add(identity)
        named.append(plain_session(draft, identity, project))
    return named
