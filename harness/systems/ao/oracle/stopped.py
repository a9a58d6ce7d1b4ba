"""The sessions that the last ``ao stop`` ended, as it noted them in ``last-stop.json``.

Source: ``packages/cli/src/lib/running-state.ts``.
"""

from __future__ import annotations

from typing import Any

from harness.systems.ao.oracle.javascript import NotJsonError, parse_json
from harness.systems.ao.oracle.tree import Tree

_PLACE = ".agent-orchestrator/last-stop.json"


def stopped_sessions(tree: Tree) -> frozenset[tuple[str, str]]:
    """Returns (project, session) of every session in the list; nothing when there is no usable list."""
    text = tree.text_at(f"{tree.home.root}/{_PLACE}")
    try:
        value = None if text is None else parse_json(text)
    except NotJsonError:
        return frozenset()
    if not isinstance(value, dict):
        return frozenset()
    others = value.get("otherProjects")
    parts: list[Any] = [value, *(others if isinstance(others, list) else [])]
    return frozenset(pair for part in parts for pair in _pairs(part))


def _pairs(part: Any) -> list[tuple[str, str]]:
    project = part.get("projectId") if isinstance(part, dict) else None
    sessions = part.get("sessionIds") if isinstance(part, dict) else None
    if not isinstance(project, str) or not isinstance(sessions, list):
        return []
    return [(project, session) for session in sessions if isinstance(session, str)]
