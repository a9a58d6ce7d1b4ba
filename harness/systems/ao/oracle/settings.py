"""Per-project settings: the flat ``agent-orchestrator.yaml`` of a project, and ``projects.config`` made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harness.home import Entry
from harness.systems.ao.oracle.javascript import number_text
from harness.systems.ao.oracle.schema import HARNESSES
from harness.systems.ao.oracle.tree import MAX_SMALL, NotReadableError, Tree, text_of
from harness.systems.ao.oracle.yaml12 import YamlInvalidError, load

_NAMES = ("agent-orchestrator.yaml", "agent-orchestrator.yml")
ROLES = ("worker", "orchestrator")
PERMISSIONS = {
    "permissionless": "bypass-permissions",
    "skip": "bypass-permissions",
    "auto-edit": "accept-edits",
}
"""Legacy permission words and theirs in the rewrite; every other word becomes ``default``, none stays none."""


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """A project's own settings file: where it is, its mtime (ns; None when it cannot be told), and what it says.

    Degraded settings say nothing.
    """

    path: str
    mtime_ns: int | None
    degraded: bool = False
    values: dict[str, Any] = field(default_factory=dict)


def local_settings(tree: Tree, path: str) -> LocalSettings | None:
    """Returns the settings file of the project at an absolute path, or None when it has none."""
    inside = tree.home.relative(tree.home.resolve(f"{path}/{_NAMES[0]}"))
    if inside is not None and not tree.may_reach(inside):
        return LocalSettings(f"{path}/{_NAMES[0]}", None, degraded=True)
    for name in _NAMES:
        place = f"{path}/{name}"
        here = _link(tree, path, name)
        inside = tree.home.relative(tree.home.resolve(place))
        entry = None if inside is None else tree.home.get(inside)
        if here is not None and inside is None:  # a link that leaves the home
            return LocalSettings(place, here.mtime_ns, degraded=True)
        if inside is None or entry is None:
            continue
        try:
            values = load(text_of(tree.read(inside, MAX_SMALL)))
        except (NotReadableError, YamlInvalidError):
            return LocalSettings(place, entry.mtime_ns, degraded=True)
        if not well_formed(values):
            return LocalSettings(place, entry.mtime_ns, degraded=True)
        return LocalSettings(place, entry.mtime_ns, values=values)
    return None


def _link(tree: Tree, path: str, name: str) -> Entry | None:
    """Returns the link of this name in a directory, or None where there is none."""
    folder = tree.directory(path)
    entry = None if folder is None else tree.home.get(f"{folder}/{name}")
    return entry if entry is not None and entry.kind == "link" else None


def config_of(
    entry: dict[str, Any], prefix: str, local: LocalSettings | None, defaults: Any
) -> dict[str, Any] | None:
    """Returns ``projects.config`` without empty parts, or None when nothing remains.

    The branch and the prefix come from the registry entry, the agents of the roles fall back to the global
    defaults, everything else is the project's own file.  Permissions nobody wrote down stay absent.
    """
    values = local.values if local else {}
    branch = entry.get("defaultBranch")
    config: dict[str, Any] = {
        "defaultBranch": branch if isinstance(branch, str) and branch != "main" else "",
        "sessionPrefix": prefix,
        "env": {name: _scalar_text(value) for name, value in (values.get("env") or {}).items()},
        "symlinks": [link for link in values.get("symlinks") or [] if inside_repository(link)],
        "postCreate": list(values.get("postCreate") or []),
        "agentConfig": _agent_config(values.get("agentConfig")),
    }
    for role in ROLES:
        config[role] = _role(values.get(role) or {}, _default_agent(defaults, role))
    return {name: value for name, value in config.items() if value} or None


def _role(values: dict[str, Any], fallback: str) -> dict[str, Any]:
    agent = values.get("agent") or fallback
    role = {
        "agent": agent if agent in HARNESSES else "",
        "agentConfig": _agent_config(values.get("agentConfig")),
    }
    return {name: value for name, value in role.items() if value}


def _default_agent(defaults: Any, role: str) -> str:
    part = defaults.get(role) if isinstance(defaults, dict) else None
    agent = part.get("agent") if isinstance(part, dict) else None
    return agent if isinstance(agent, str) else ""


def _agent_config(values: dict[str, Any] | None) -> dict[str, str]:
    values = values or {}
    permissions = values.get("permissions")
    config = {
        "model": values.get("model") or "",
        "permissions": PERMISSIONS.get(permissions, "default") if permissions else "",
    }
    return {name: value for name, value in config.items() if value}


def inside_repository(link: str) -> bool:
    """Tells whether a link to be made in a worktree is one that stays in it."""
    return bool(link) and not link.startswith("/") and ".." not in link.split("/")


def _scalar_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else number_text(value)


def well_formed(values: Any) -> bool:
    """Tells whether a settings document is flat and has the right types where the migration looks.

    A key without a value is of the wrong type (zod's ``optional`` of ``LocalProjectConfigSchema``).
    """
    if not isinstance(values, dict) or "projects" in values:
        return False
    lists = all(_is_texts(values.get(name, [])) for name in ("symlinks", "postCreate"))
    roles = all(_is_role(values.get(role, {})) for role in ROLES)
    return lists and roles and _is_env(values.get("env", {})) and _is_role(values)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_env(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(item, str | bool | int | float) for item in value.values()
    )


def _is_role(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("agent", ""), str):
        return False
    config = value.get("agentConfig", {})
    return isinstance(config, dict) and all(
        isinstance(config.get(key, ""), str) for key in ("model", "permissions")
    )
