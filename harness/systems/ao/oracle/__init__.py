"""The *test oracle* of ao: what a right migration leaves, computed from a home alone.

It shares no code with the migrator nor with the generator of homes, and reads YAML with another parser than the
migrator, so that one mistake cannot stand on both sides.
"""

from __future__ import annotations

from harness.systems.ao.oracle.database import read_target
from harness.systems.ao.oracle.expect import expect
from harness.systems.ao.oracle.soundness import target_damage, target_problems
from harness.systems.ao.oracle.stored import read_stored

__all__ = ["expect", "read_stored", "read_target", "target_damage", "target_problems"]
