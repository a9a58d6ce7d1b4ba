"""The pack for ``session-buddy``: its skills database, brought from version 3 to version 4 in place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from harness.queries import Queries
from harness.system import as_asked
from harness.systems.session_buddy import queries
from harness.systems.session_buddy.corruption import CATALOGUE as CORRUPTIONS
from harness.systems.session_buddy.deeds import ACTORS
from harness.systems.session_buddy.legacy import draw, states, write
from harness.systems.session_buddy.metrics import METRICS, TRIGGERS
from harness.systems.session_buddy.model import LegacyState, Shape
from harness.systems.session_buddy.oracle import expect, read_stored, read_target
from harness.systems.session_buddy.oracle import target_damage as damage_of
from harness.systems.session_buddy.oracle import target_problems as problems_of

NAME = "session-buddy"
QUERIES = cast("Queries", queries)
PROFILES = Path(__file__).parent / "sut"


def shape(asked: Mapping[str, Any]) -> Shape:
    """Returns the shape that a scenario's ``home`` table asks for; raises ValueError that names what is wrong."""
    return as_asked(asked, Shape)


def user_of(state: LegacyState) -> str:
    """Returns the name of the home's directory."""
    return state.user


__all__ = [
    "ACTORS",
    "CORRUPTIONS",
    "METRICS",
    "NAME",
    "PROFILES",
    "QUERIES",
    "TRIGGERS",
    "damage_of",
    "draw",
    "expect",
    "problems_of",
    "read_stored",
    "read_target",
    "shape",
    "states",
    "user_of",
    "write",
]
