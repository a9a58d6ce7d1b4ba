"""Damage to homes of session-buddy, by name; each chooses its place with the random source it is given."""

from __future__ import annotations

from collections.abc import Mapping

from harness.corruption import Corruption
from harness.systems.session_buddy.damage_files import FILES
from harness.systems.session_buddy.damage_rows import ROWS
from harness.systems.session_buddy.damage_schema import SCHEMA

CATALOGUE: Mapping[str, Corruption] = {**FILES, **SCHEMA, **ROWS}
