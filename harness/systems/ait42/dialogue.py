"""The pack's side of a dialogue with a store: what clients ask for, and what is right; see ``harness.dialogue``."""

from __future__ import annotations

from harness.systems.ait42.model import SESSIONS
from harness.systems.ait42.oracle.sides import fits, newer, same, sides
from harness.systems.ait42.oracle.sides import merge as merged
from harness.systems.ait42.oracle.store_model import (
    acknowledged,
    apply,
    concerns,
    drift,
    mends,
    written_through,
)
from harness.systems.ait42.requests import requests, settling

writable = frozenset({f"{SESSIONS}/"})

__all__ = [
    "acknowledged",
    "apply",
    "concerns",
    "drift",
    "fits",
    "mends",
    "merged",
    "newer",
    "requests",
    "same",
    "settling",
    "sides",
    "writable",
    "written_through",
]
