"""Damage to legacy homes of the Agent Orchestrator, by name.

Each corruption chooses its place with the random source it is given, and takes a session that is to be migrated
where the reason it shows would not be given for one that has ended.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.corruption import Corruption
from harness.systems.ao.damage_homes import HOMES
from harness.systems.ao.damage_records import RECORDS
from harness.systems.ao.damage_references import REFERENCES
from harness.systems.ao.damage_transcripts import TRANSCRIPTS
from harness.systems.ao.damage_tree import TREES
from harness.systems.ao.damage_twins import TWINS
from harness.systems.ao.damage_values import VALUES
from harness.systems.ao.damage_yaml import YAMLS

CATALOGUE: Mapping[str, Corruption] = {
    **RECORDS,
    **VALUES,
    **HOMES,
    **TRANSCRIPTS,
    **YAMLS,
    **TREES,
    **REFERENCES,
    **TWINS,
}
