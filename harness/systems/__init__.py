"""System packs by name: what a product keeps in a home, and what is right after its migration.

To add one, write the package and its place in this dict; ``docs/adding.md`` walks through it.
"""

from __future__ import annotations

from importlib import import_module
from typing import cast

from harness.system import System

PACKS: dict[str, str] = {
    "ait42": "harness.systems.ait42",
    "ao": "harness.systems.ao",
    "session-buddy": "harness.systems.session_buddy",
}


class UnknownSystemError(LookupError):
    """No pack has this name; the message lists those that exist."""


def pack(name: str) -> System:
    """Returns the pack of a system.

    Raises:
        UnknownSystemError: there is none of this name.
    """
    if name not in PACKS:
        raise UnknownSystemError(f"no such system: {name}; known are {', '.join(sorted(PACKS))}")
    return cast("System", import_module(PACKS[name]))
