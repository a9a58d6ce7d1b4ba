"""Legacy homes of AIT42 Editor: drawn small and field by field, or of any size from a seed, and written."""

from __future__ import annotations

from harness.systems.ait42.drawing import draw
from harness.systems.ait42.strategies import states
from harness.systems.ait42.writer import write

__all__ = ["draw", "states", "write"]
