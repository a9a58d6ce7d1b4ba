"""Does each way of injecting faults see just the mistakes that it can: small migrators with one mistake each, against all ways.

A kill cannot show what was never forced to the disk, and on ext4 a folder that was not forced loses nothing.  So the cells that
stay silent count as much as the others: an alarm there is false.  Of the larger program's mistakes some columns are left to
`bench/matrix.py`, which tries every fault and prints the table.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.sandbox.choose import choose
from harness.sandbox.inside.tracing import known_here
from harness.sandbox.session import Session

sys.path.insert(0, str(Path(__file__).parents[1] / "unit/core"))
sys.path.insert(0, str(Path(__file__).parents[1] / "variants"))

from cabinet import SINS
from detection import FOLDER, MAY, MUST, WAYS, cells

pytestmark = [
    pytest.mark.quality,
    pytest.mark.skipif(not known_here(), reason="programs are supervised on x86-64 Linux only"),
]


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with choose("embedded").open(support=FOLDER) as opened:
        yield opened


@pytest.mark.parametrize(("program", "variant"), MUST, ids=lambda name: name)
def test_each_way_sees_the_mistakes_that_it_can_and_no_others(
    session: Session, program: str, variant: str
) -> None:
    some = () if program == "five" or variant == "none" else {*MUST[program, variant], "kill", "ext4"}
    found = dict(cells(session, program, variant, only=some))
    must, may = MUST[program, variant], MAY.get(variant, set())
    assert {name: cell.first for name, cell in found.items() if cell.void} == {}
    assert {name: str(cell) for name, cell in found.items() if name in must and not cell.bad} == {}
    silent = {name: cell.first for name, cell in found.items() if cell.bad and name not in must | may}
    assert silent == {}
    assert all(cell.tried for cell in found.values())


def test_every_mistake_and_every_way_is_in_the_matrix() -> None:
    assert {variant for program, variant in MUST if program == "cabinet"} == SINS.keys()
    seen = set().union(*MUST.values())
    assert {name for name in WAYS if name not in seen} == {"error"}  # which is two columns
