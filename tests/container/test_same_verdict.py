"""The same scenario comes to the same verdict in a container and in the embedded sandbox."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest

from harness.result import RunResult
from harness.sandbox.choose import choose
from harness.scenario import Scenario, load_scenario
from harness.session_run import Options, profile_for, run_loaded
from harness.sut import Profile
from harness.verdict import Verdict

ROOT = Path(__file__).parents[2]
SABOTEURS = ROOT / "tests/saboteurs"
SCENARIOS = ("ao-any-damage", "ao-rollback-exact", "ao-refuses-locked-target", "ao-refuses-live-daemon")


def told(verdicts: Iterable[Verdict]) -> list[object]:
    """Returns what was found about what, without the values, which name each sandbox's own paths."""
    return [
        [(r.claim, r.status, [f.subject for f in r.findings]) for r in verdict.results]
        for verdict in verdicts
    ]


def results(scenario: Scenario, profile: Profile, tmp_path: Path) -> Iterator[RunResult]:
    for level in ("container", "embedded"):
        choice = choose(level, profile.image)
        options = Options(runs=str(tmp_path / level), sandbox=choice.level, cases=6, shrink=False)
        yield run_loaded(scenario, profile, options, choice)


@pytest.mark.container
@pytest.mark.parametrize("name", SCENARIOS)
def test_right_migrator_gets_the_same_verdict_in_both(name: str, tmp_path: Path) -> None:
    scenario = load_scenario(ROOT / f"scenarios/{name}.toml")
    inside, outside = results(scenario, profile_for("ao", ""), tmp_path)
    assert inside.level == "container"
    assert told(inside.verdicts) == told(outside.verdicts)
    assert inside.status is outside.status


@pytest.mark.container
@pytest.mark.parametrize("name", ["forgets_last_session", "rollback_forgets_modes", "tidies_legacy_config"])
def test_saboteur_gets_the_same_verdict_in_both(name: str, tmp_path: Path) -> None:
    right = profile_for("ao", "")
    verbs = {
        verb: ["python3", f"{{support}}/{name}.py", *argv[3:]] if argv[0] == "python3" else argv
        for verb, argv in right.verbs.items()
    }
    profile = msgspec.structs.replace(right, name=name, verbs=verbs, support=str(SABOTEURS))
    scenario = load_scenario(ROOT / "scenarios/ao-rollback-exact.toml")
    inside, outside = results(scenario, profile, tmp_path)
    assert told(inside.verdicts) == told(outside.verdicts)
    assert inside.smallest is not None
