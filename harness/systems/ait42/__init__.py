"""The pack for ``ait42``: the session files of AIT42 Editor, and the ``sessions.db`` that replaces them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from harness.dialogue import Dialogue
from harness.expectation import Expectation
from harness.home import Home
from harness.system import as_asked
from harness.systems.ait42 import dialogue, oracle
from harness.systems.ait42.corruption import CATALOGUE as CORRUPTIONS
from harness.systems.ait42.deeds import ACTORS
from harness.systems.ait42.legacy import draw, states, write
from harness.systems.ait42.metrics import METRICS, TRIGGERS
from harness.systems.ait42.model import LegacyState, Shape
from harness.systems.ait42.oracle import read_stored, read_target, written_back
from harness.systems.ait42.oracle import target_damage as damage_of
from harness.systems.ait42.oracle import target_problems as problems_of

NAME = "ait42"
DIALOGUE = cast("Dialogue", dialogue)
PROFILES = Path(__file__).parent / "sut"


def shape(asked: Mapping[str, Any]) -> Shape:
    """Returns the shape that a scenario's ``home`` table asks for; raises ValueError that names what is wrong."""
    return as_asked(asked, Shape)


def user_of(state: LegacyState) -> str:
    """Returns the name of the home's directory."""
    return state.user


def expect(home: Home, conditions: frozenset[str]) -> Expectation:
    """Returns the one right result of a migration of the home, given what else goes on and what options say."""
    right = oracle.expect(
        home,
        locked="locked" in conditions,
        strict="strict" in conditions,
        words=oracle.Words.of(conditions),
    )
    return replace(right, record_tables=frozenset({"sessions"}))


__all__ = [
    "ACTORS",
    "CORRUPTIONS",
    "DIALOGUE",
    "METRICS",
    "NAME",
    "PROFILES",
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
    "written_back",
]
