"""The *test oracle* of session-buddy: what a right migration leaves, computed from a home alone.

It shares no code with the migrator nor with the generator of homes, so that one mistake cannot stand on both sides.
"""

from __future__ import annotations

from harness.systems.session_buddy.oracle.database import read_target
from harness.systems.session_buddy.oracle.expect import expect
from harness.systems.session_buddy.oracle.soundness import target_damage, target_problems
from harness.systems.session_buddy.oracle.stored import read_stored

__all__ = ["expect", "read_stored", "read_target", "target_damage", "target_problems"]
