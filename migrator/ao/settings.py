"""A project's behaviour settings, mapped to the JSON of `projects.config`.

Legacy: `LocalProjectConfigSchema` in `packages/core/src/global-config.ts`. New: `ProjectConfig` in
`backend/internal/domain`. What has no counterpart is dropped and told; nothing is granted that nobody wrote.
"""

import os
from collections.abc import Container, Mapping
from typing import Any

from migrator import files
from migrator.ao import yaml12
from migrator.ao.places import Places
from migrator.ao.session import HARNESSES, NOTHING, Tell, few

ROLES = ("worker", "orchestrator")
PERMISSIONS = {
    **dict.fromkeys(("permissionless", "skip"), "bypass-permissions"),
    "auto-edit": "accept-edits",
    "default": "default",
}
KNOWN = {"env", "symlinks", "postCreate", "agentConfig", *ROLES}


class DegradedError(Exception):
    """The settings file cannot be used; the message says why."""


def local(places: Places, project: str) -> tuple[str | None, int | None]:
    """The settings file of a project, None when there is none; and its time in nanoseconds if it can be told."""
    for name in ("agent-orchestrator.yaml", "agent-orchestrator.yml"):
        path = os.path.join(project, name)
        try:
            return path, os.lstat(places.settled(path)).st_mtime_ns
        except PermissionError:
            return path, None
        except (OSError, ValueError):
            continue
    return None, None


def read(path: str) -> dict[str, Any]:
    """The settings of a usable file. Raises DegradedError."""
    try:
        value = yaml12.load(files.read(path, yaml12.BOUND)[0])
    except OSError as error:
        raise DegradedError(f"it cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise DegradedError(f"it is not valid YAML: {error}") from None
    return checked(value)


def checked(value: Any) -> dict[str, Any]:
    """The settings, which have the right types where the migration looks. Raises DegradedError."""
    if not isinstance(value, dict):
        raise DegradedError("it must be a mapping")
    if "projects" in value:
        raise DegradedError("it still has the old `projects:` form")
    for key in ("symlinks", "postCreate"):
        items = value.get(key, [])
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise DegradedError(f"{key} must be a list of texts")
    env = value.get("env", {})
    if not isinstance(env, dict) or not all(isinstance(item, str | int | float) for item in env.values()):
        raise DegradedError("env must map names to plain values")
    for role in (value, *(value.get(name, {}) for name in ROLES)):
        _check(role)
    return value


def _check(role: Any) -> None:
    agent = role.get("agentConfig", {}) if isinstance(role, dict) else None
    if not isinstance(agent, dict) or not all(
        isinstance(text, str)
        for text in (role.get("agent", ""), agent.get("model", ""), agent.get("permissions", ""))
    ):
        raise DegradedError("an agent, agentConfig, worker or orchestrator has the wrong type")


def mapped(
    settings: Mapping[str, Any], prefix: str, branch: Any, defaults: Mapping[str, Any], tell: Tell
) -> dict[str, Any]:
    """`projects.config` as values; empty parts are left out, and what has no part of its own is told."""
    outside = [p for p in settings.get("symlinks", []) if not p or p.startswith("/") or ".." in p.split("/")]
    for path in outside:
        tell("dropped-setting", f"symlink {path[:80]!r} leaves the repository")
    config: dict[str, Any] = {
        "defaultBranch": branch if isinstance(branch, str) and branch != "main" else "",
        "sessionPrefix": prefix,
        "env": {name: yaml12.js_text(value) for name, value in settings.get("env", {}).items()},
        "symlinks": [path for path in settings.get("symlinks", []) if path not in outside],
        "postCreate": settings.get("postCreate", []),
        "agentConfig": _agent_config(settings.get("agentConfig", {}), tell),
        **{role: _role(role, settings.get(role, {}), defaults.get(role), tell) for role in ROLES},
    }
    tell_dropped("", settings, KNOWN, tell)
    return {key: value for key, value in config.items() if value or key == "sessionPrefix"}


def tell_dropped(where: str, values: Mapping[str, Any], known: Container[str], tell: Tell) -> None:
    """What stands under other keys is told."""
    if dropped := [key for key, value in values.items() if key not in known and value not in NOTHING]:
        tell("dropped-setting", f"without a counterpart: {few([where + key for key in dropped])}")


def _agent_config(value: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    permissions = value.get("permissions", "")
    if permissions and permissions not in PERMISSIONS:
        tell("lossy-permission", f"permissions {permissions[:80]!r} became 'default'")
    tell_dropped("agentConfig.", value, {"model", "permissions"}, tell)
    granted = PERMISSIONS.get(permissions, "default") if permissions else ""
    config = {"model": value.get("model"), "permissions": granted}
    return {key: text for key, text in config.items() if text}


def _role(name: str, role: Mapping[str, Any], default: Any, tell: Tell) -> dict[str, Any]:
    agent = role.get("agent") or (default.get("agent") if isinstance(default, dict) else None)
    known = isinstance(agent, str) and agent in HARNESSES
    if agent not in NOTHING and not known:
        tell("dropped-setting", f"{name}.agent {str(agent)[:80]!r} is unknown to the new system")
    tell_dropped(f"{name}.", role, {"agent", "agentConfig"}, tell)
    config = {
        "agent": agent if known else None,
        "agentConfig": _agent_config(role.get("agentConfig", {}), tell),
    }
    return {key: value for key, value in config.items() if value}
