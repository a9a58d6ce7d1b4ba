"""The two portfolio files: names the user gave to projects, and the list of registrations before 0.3.

A file that fails its shape check counts as empty (``packages/core/src/portfolio-registry.ts``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.systems.ao.oracle.javascript import NotJsonError, parse_json, sound_text
from harness.systems.ao.oracle.paths import absolute
from harness.systems.ao.oracle.timestamps import read_legacy
from harness.systems.ao.oracle.tree import Tree

_FOLDER = ".agent-orchestrator/portfolio"


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Display names by project id; instants of registration by project id and by clean absolute path.

    `unreadable` are the ids and paths of which a registration is no instant, `place` is where the names come from.
    """

    names: Mapping[str, str]
    added_by_key: Mapping[str, list[str]]
    added_by_path: Mapping[str, list[str]]
    unreadable: frozenset[str]
    place: str

    @classmethod
    def read(cls, tree: Tree) -> Portfolio:
        """Returns what the portfolio files of a home say."""
        root = tree.home.root
        by_key: dict[str, list[str]] = {}
        by_path: dict[str, list[str]] = {}
        odd: set[str] = set()
        for item in _registered(_json(tree, "registered.json")):
            instant = read_legacy(item["addedAt"])
            if instant is None:
                odd |= (
                    {absolute(root, item["path"]), item.get("configProjectKey", "")}
                    if item["addedAt"]
                    else set()
                )
                continue
            if isinstance(item.get("configProjectKey"), str):
                by_key.setdefault(item["configProjectKey"], []).append(instant)
            by_path.setdefault(absolute(root, item["path"]), []).append(instant)
        return cls(
            _names(_json(tree, "preferences.json")),
            by_key,
            by_path,
            frozenset(odd),
            f"{root}/{_FOLDER}/preferences.json",
        )

    def added(self, key: str, path: str) -> list[str]:
        """Returns the instants at which a project was registered; more than one leaves a choice."""
        return list(dict.fromkeys([*self.added_by_key.get(key, []), *self.added_by_path.get(path, [])]))


def _json(tree: Tree, name: str) -> Any:
    text = tree.text_at(f"{tree.home.root}/{_FOLDER}/{name}")
    try:
        return None if text is None else parse_json(text)
    except NotJsonError:
        return None


def _names(value: Any) -> dict[str, str]:
    projects = value.get("projects") if isinstance(value, dict) and value.get("version") == 1 else None
    if not isinstance(projects, dict) or not all(map(_is_preference, projects.values())):
        return {}
    return {key: sound_text(item["displayName"]) for key, item in projects.items() if item.get("displayName")}


def _is_preference(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("displayName", ""), str)


def _registered(value: Any) -> list[dict[str, Any]]:
    items = value.get("projects") if isinstance(value, dict) and value.get("version") == 1 else None
    return items if isinstance(items, list) and all(map(_is_registration, items)) else []


def _is_registration(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("path"), str)
        and isinstance(item.get("addedAt"), str)
        and isinstance(item.get("configProjectKey", ""), str)
    )
