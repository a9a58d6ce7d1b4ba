"""The pack for ``ao``: the legacy Agent Orchestrator's home, and ``ao.db`` version 12 of its rewrite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.expectation import Expectation
from harness.home import Home
from harness.sandbox.holders import Database, Process
from harness.system import Actor, as_asked
from harness.systems.ao import deeds, oracle
from harness.systems.ao.corruption import CATALOGUE as CORRUPTIONS
from harness.systems.ao.legacy import draw, states, write
from harness.systems.ao.metrics import METRICS, TRIGGERS
from harness.systems.ao.model import DATA, LegacyState, Shape
from harness.systems.ao.oracle import read_stored, read_target
from harness.systems.ao.oracle import target_damage as damage_of
from harness.systems.ao.oracle import target_problems as problems_of

NAME = "ao"
PROFILES = Path(__file__).parent / "sut"
_DATABASE = f"{DATA}/ao.db"
_RUN_FILE = '{"pid": {pid}, "port": 3001, "startedAt": "2026-06-17T12:00:00Z"}\n'

ACTORS = {
    "daemon": Actor(
        "the rewrite's daemon is alive and says so in its run file",
        (Process(".ao/running.json", _RUN_FILE),),
        frozenset({"alive"}),
    ),
    "idle-connection": Actor(
        "a process keeps the database open and has read from it once",
        (Database(_DATABASE, "idle"),),
        frozenset({"locked"}),
    ),
    "read-transaction": Actor(
        "a process is in the middle of reading the database",
        (Database(_DATABASE, "read"),),
        frozenset({"locked"}),
    ),
    "write-transaction": Actor(
        "a process is in the middle of writing the database",
        (Database(_DATABASE, "write"),),
        frozenset({"locked"}),
    ),
    **deeds.ACTORS,
}
"""What else can go on before or during a step; the lock visibility of each is that of the real daemon's connections."""


def shape(asked: Mapping[str, Any]) -> Shape:
    """Returns the shape that a scenario's ``home`` table asks for; raises ValueError that names what is wrong."""
    return as_asked(asked, Shape)


def user_of(state: LegacyState) -> str:
    """Returns the name of the home's directory."""
    return state.user


def expect(home: Home, conditions: frozenset[str]) -> Expectation:
    """Returns the one right result of a migration of the home, given what else goes on."""
    expected = oracle.expect(home, alive="alive" in conditions, locked="locked" in conditions)
    return replace(expected, record_tables=frozenset({"projects", "sessions"}))


__all__ = [
    "ACTORS",
    "CORRUPTIONS",
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
]
