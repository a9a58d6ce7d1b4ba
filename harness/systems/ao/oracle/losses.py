"""What a project loses or changes on the way, as the reasons of the notes that are due.

The rule behind all of them: whatever the user or the legacy tool wrote down and the rewrite does not get as it was is
told.  A value *says* something unless it is null, an empty text, an empty list or an empty mapping.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.records import Record
from harness.systems.ao.oracle.schema import HARNESSES
from harness.systems.ao.oracle.settings import PERMISSIONS, ROLES, inside_repository

_IDENTITY = frozenset(
    {
        "projectId", "path", "repo", "defaultBranch", "source", "registeredAt", "displayName", "name", "originUrl",
        "sessionPrefix", "storageKey",
    }
)  # fmt: skip
"""Keys of a registry entry that legacy knows (``packages/core/src/global-config.ts``)."""

_SETTINGS = frozenset({"env", "symlinks", "postCreate", "agentConfig", *ROLES})
_AGENT_CONFIG = frozenset({"model", "permissions"})
_KEPT_PERMISSIONS = PERMISSIONS.keys() | {"default"}


def says(value: Any) -> bool:
    """Tells whether a value says something."""
    return value is not None and value not in ("", [], {})


def entry_losses(entry: Mapping[str, Any], *, holds_settings: bool) -> Iterator[str]:
    """Yields the reasons of the notes on a registry entry itself; its settings, if it holds them, are told apart."""
    for key, value in entry.items():
        unknown = key not in _IDENTITY and not holds_settings
        mistyped = key in {"defaultBranch", "displayName", "name"} and not isinstance(value, str)
        if says(value) and (unknown or mistyped):
            yield "dropped-setting"


def settings_losses(values: Mapping[str, Any], defaults: Any, *, in_entry: bool) -> Iterator[str]:
    """Yields the reasons of the notes on well-formed settings, and on the global defaults for the roles."""
    yield from _foreign_keys(values, _SETTINGS | _IDENTITY if in_entry else _SETTINGS)
    if not all(map(inside_repository, values.get("symlinks") or [])):
        yield "dropped-setting"
    yield from _agent_config_losses(values)
    for name in ROLES:
        role = values.get(name) or {}
        part = defaults.get(name) if isinstance(defaults, dict) else None
        agent = role.get("agent") or (part.get("agent") if isinstance(part, dict) else None)
        if says(agent) and not (isinstance(agent, str) and agent in HARNESSES):
            yield "dropped-setting"
        yield from _foreign_keys(role, {"agent", "agentConfig"})
        yield from _agent_config_losses(role)


def _agent_config_losses(values: Mapping[str, Any]) -> Iterator[str]:
    config = values.get("agentConfig") or {}
    if config.get("permissions") and config["permissions"] not in _KEPT_PERMISSIONS:
        yield "lossy-permission"
    yield from _foreign_keys(config, _AGENT_CONFIG)


def _foreign_keys(values: Mapping[str, Any], known: Iterable[str]) -> Iterator[str]:
    if any(key not in known and says(value) for key, value in values.items()):
        yield "dropped-setting"


def replaced(row: Record) -> bool:
    """Tells whether a row holds the character that stands for what is no text."""
    return "\ufffd" in json.dumps(row, ensure_ascii=False, default=str)
