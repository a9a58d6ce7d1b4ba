"""Is the harness silent on the right migrator: a false alarm is a bug too."""

from pathlib import Path

import msgspec
import pytest

from harness.cli import main
from harness.sandbox.choose import choose
from harness.scenario import Step, load_scenario
from harness.session_run import Options, profile_for, run_loaded
from harness.systems import PACKS
from harness.verdict import Status

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.mark.quality
@pytest.mark.parametrize("system", PACKS)
def test_two_hundred_clean_homes_raise_no_alarm(system: str, tmp_path: Path) -> None:
    clean = load_scenario(SCENARIOS / f"{system}-clean.toml")
    scenario = msgspec.structs.replace(clean, cases=200, steps=[Step(do="migrate")])
    options = Options(runs=str(tmp_path), sandbox="embedded", seed=1)
    result = run_loaded(scenario, profile_for(system, ""), options, choose("embedded"))
    assert result.status is Status.PASS, result.smallest or result.notes
    assert len(result.verdicts) == 200


@pytest.mark.quality
def test_stored_run_is_judged_the_same_again(tmp_path: Path) -> None:
    status = main(
        ["run", "ao-rollback-exact", "--cases", "3", "--sandbox", "embedded", "--runs", str(tmp_path)]
    )
    assert status == 0
    assert main(["judge", str(tmp_path / "ao-rollback-exact/latest")]) == 0
