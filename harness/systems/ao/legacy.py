"""Legacy homes of the Agent Orchestrator: drawn small and field by field, or of any size from a seed, and written."""

from __future__ import annotations

from harness.systems.ao.drawing import draw
from harness.systems.ao.strategies import states
from harness.systems.ao.writer import write

__all__ = ["draw", "states", "write"]
