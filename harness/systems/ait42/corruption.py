"""Damage to homes of AIT42 Editor, by name; each chooses its place with the random source it is given."""

from __future__ import annotations

from collections.abc import Mapping

from harness.corruption import Corruption
from harness.systems.ait42.damage_files import FILES
from harness.systems.ait42.damage_homes import HOMES
from harness.systems.ait42.damage_records import RECORDS

CATALOGUE: Mapping[str, Corruption] = {**FILES, **RECORDS, **HOMES}
