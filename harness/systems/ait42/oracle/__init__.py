"""The *test oracle* of ait42: what a right migration leaves, computed from a home alone.

It shares no code with the migrator nor with the generator of homes, so that one mistake cannot stand on both sides.
"""

from __future__ import annotations

from harness.systems.ait42.oracle.database import read_target
from harness.systems.ait42.oracle.expect import expect
from harness.systems.ait42.oracle.soundness import target_damage, target_problems
from harness.systems.ait42.oracle.stored import read_stored
from harness.systems.ait42.oracle.way_back import written_back
from harness.systems.ait42.oracle.workspaces import Words

__all__ = [
    "Words",
    "expect",
    "read_stored",
    "read_target",
    "target_damage",
    "target_problems",
    "written_back",
]
