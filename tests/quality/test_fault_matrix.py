"""Does each way of injecting faults see just the mistakes that it can: five small migrators against four ways.

A kill cannot show what was never forced to the disk, and on ext4 a folder that was not forced loses nothing.  So the cells that
stay silent count as much as the others: an alarm there is false.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.run import RunResult, run_scenario
from harness.sandbox.choose import choose
from harness.sandbox.inside.tracing import known_here
from harness.sandbox.session import Session
from harness.scenario import Scenario, Step
from harness.store import RunFolder
from harness.verdict import Status

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "core"))

from toy import TOY, TOY_PROFILE

pytestmark = [
    pytest.mark.quality,
    pytest.mark.skipif(not known_here(), reason="programs are supervised on x86-64 Linux only"),
]
WAYS: dict[str, dict[str, Any]] = {
    "kill": {"kill": "each-write"},
    "error": {"error": "ENOSPC"},
    "ext4": {"power": "ext4"},
    "strict": {"power": "strict"},
}
SEEN = {
    "safe": set[str](),
    "early": {"kill", "error", "ext4", "strict"},
    "inplace": {"kill", "error", "ext4", "strict"},
    "nosync": {"ext4", "strict"},
    "nodirsync": {"strict"},
}
FOLDER = Path(__file__).parents[1] / "variants"


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with choose("embedded").open(support=FOLDER) as opened:
        yield opened


def tried(session: Session, variant: str, way: str, folder: Path) -> RunResult:
    verbs = {
        verb: ["python3", "-I", "-S", "{support}/five.py", variant, verb] for verb in ("migrate", "rollback")
    }
    profile = msgspec.structs.replace(TOY_PROFILE, name=variant, verbs=verbs, keeps=[".state"], timeout=30.0)
    steps = [Step(do="migrate", **WAYS[way]), Step(do="migrate"), Step(do="rollback")]
    scenario = Scenario(summary="s", system="toy", shows=[], name="toy-each", steps=steps)
    stored = RunFolder.create(folder, scenario, profile, 0.0)
    home = TOY.write([7, 8, 9], session.root_for())
    try:
        return run_scenario(TOY, scenario, profile, session, stored, number=0, cases=1, home=home)
    finally:
        stored.close()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("variant", SEEN)
def test_each_way_sees_the_mistakes_that_it_can_and_no_others(
    session: Session, variant: str, way: str, tmp_path: Path
) -> None:
    result = tried(session, variant, way, tmp_path)
    wanted = Status.FAIL if way in SEEN[variant] else Status.PASS
    assert result.status is wanted, (
        result.notes,
        result.befell,
        result.smallest and result.smallest.findings,
    )
    assert result.kills.landed == result.kills.tried > 0
