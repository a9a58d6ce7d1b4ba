"""Damage to legacy homes of the Agent Orchestrator, by name."""

from __future__ import annotations

from collections.abc import Mapping

from harness.corruption import Corruption

CATALOGUE: Mapping[str, Corruption] = {}
