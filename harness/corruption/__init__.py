"""A *corruption* is named damage to a home at rest: a pure function from one home to another.

The modules hold what any system's files can suffer; a pack combines them with the places of its own layout.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from harness.home import Home


@dataclass(frozen=True, slots=True)
class Corruption:
    """Named damage with its expected effect.

    `apply` returns the damaged home, or None where the home has no place for this damage.  `shows` are the
    reasons or refusal codes of which the oracle must name at least one on the damaged home; empty when the right
    migrator copes without a word.
    """

    name: str
    summary: str
    shows: frozenset[str]
    apply: Callable[[Home, Random], Home | None]
