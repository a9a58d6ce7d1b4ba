"""Legacy homes of session-buddy: drawn small and field by field, or of any size from a seed, and written."""

from __future__ import annotations

from harness.systems.session_buddy.drawing import draw
from harness.systems.session_buddy.strategies import states
from harness.systems.session_buddy.writer import write

__all__ = ["draw", "states", "write"]
