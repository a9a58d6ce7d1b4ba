"""Does a disk that is really full show the mistakes that it can, and none where everything is right but was never forced?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.sandbox.choose import choose
from harness.sandbox.session import Session

sys.path.insert(0, str(Path(__file__).parents[1] / "unit/core"))
sys.path.insert(0, str(Path(__file__).parents[1] / "variants"))

from detection import FOLDER, Way, _cases, _cell

pytestmark = pytest.mark.quality
WAYS = {"too little": Way({"disk": "sweep"}, 8), "fills": Way({"disk": "fills"}, 14)}
SEEN: dict[tuple[str, str], set[str]] = {
    ("five", "safe"): set(),
    ("five", "early"): {"too little", "fills"},
    ("five", "inplace"): {"too little", "fills"},
    ("five", "nosync"): set(),
    ("five", "nodirsync"): set(),
    # With too little from the start, what follows the write that it swallows has no room either, and fails.
    ("cabinet", "full-disk-swallowed"): {"fills"},
}


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with choose("embedded").open(support=FOLDER, home_mb=32) as opened:
        yield opened


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("program", "variant"), SEEN, ids=lambda name: name)
def test_a_full_disk_shows_the_mistakes_that_it_can_and_no_others(
    session: Session, way: str, program: str, variant: str
) -> None:
    if "disk" not in session.limits or (way == "fills" and not session.supervises):
        pytest.skip(f"this cannot be had in the sandbox {session.level} on this machine")
    cell = _cell(_cases(session, program, variant, WAYS[way].scenario(every=False)))
    assert cell.tried > 1
    assert (bool(cell.bad), cell.void) == (way in SEEN[program, variant], 0), cell.first
