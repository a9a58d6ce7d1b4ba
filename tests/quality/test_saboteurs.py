"""Is the harness sharp: does the gate reject each small wrong migrator, by the claim that its file names?"""

import ast
from pathlib import Path

import msgspec
import pytest

from harness.claims import CLAIMS
from harness.sandbox.choose import Choice, choose
from harness.scenario import find_scenario, load_scenario, scenario_paths, story_of
from harness.session_run import Options, profile_for, run_loaded
from harness.sut import Profile
from harness.verdict import Status

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests/saboteurs"
FILES = sorted(path for path in FOLDER.rglob("*.py") if path.stem != "real")


def named(path: Path) -> str:
    """Returns how a saboteur is called: its file below the folder, those of ao without one."""
    return path.relative_to(FOLDER).with_suffix("").as_posix()


def constants(path: Path) -> dict[str, str]:
    """Returns the module's text constants and its docstring, without running it."""
    tree = ast.parse(path.read_text())
    assigned = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    return assigned | {"doc": ast.get_docstring(tree) or ""}


def cases_of(path: Path) -> int:
    """Returns how many cases the saboteur is tried in; 0 is what its scenario says, which a story's rare order exceeds."""
    return int(constants(path).get("CASES", "0"))


OF_FAULTS = [
    path
    for path in FILES
    if {"killed", "each", "power", "little", "fills", "cut", "restored"}
    & set(constants(path)["SCENARIO"].split("-"))
]


def sabotaged(path: Path) -> Profile:
    """Returns our own profile for the saboteur's scenario with the saboteur in the migrator's place."""
    scenario = load_scenario(find_scenario(constants(path)["SCENARIO"], ROOT / "scenarios"))
    right = profile_for(scenario.system, scenario.profile)
    verbs = {
        verb: ["python3", f"{{support}}/{path.name}", *argv[3:]] if argv[0] == "python3" else argv
        for verb, argv in right.verbs.items()
    }
    return msgspec.structs.replace(right, name=path.stem, verbs=verbs, support=str(path.parent))


@pytest.fixture(scope="module")
def sandbox() -> Choice:
    return choose("embedded", "")


@pytest.mark.quality
@pytest.mark.parametrize("path", FILES, ids=named)
def test_saboteur_is_rejected_by_the_claim_it_names(path: Path, sandbox: Choice, tmp_path: Path) -> None:
    about = constants(path)
    scenario = load_scenario(find_scenario(about["SCENARIO"], ROOT / "scenarios"))
    if (
        about["CLAIM"] in CLAIMS
    ):  # that alone: a home that another claim rejects would be the last that is tried
        assert not scenario.claims or about["CLAIM"] in scenario.claims
        scenario = msgspec.structs.replace(scenario, claims=[about["CLAIM"]])
    options = Options(runs=str(tmp_path), sandbox=sandbox.level, shrink=False, cases=cases_of(path))
    result = run_loaded(scenario, sabotaged(path), options, sandbox)
    assert result.status is Status.FAIL, result.notes
    failed = {name for verdict in result.verdicts for name in verdict.failed}
    assert about["CLAIM"] in failed


@pytest.mark.quality
@pytest.mark.parametrize("path", OF_FAULTS, ids=named)
def test_saboteur_of_interruptions_does_right_where_nothing_befalls_it(
    path: Path, sandbox: Choice, tmp_path: Path
) -> None:
    """So it is the fault that gives it away."""
    scenario = load_scenario(ROOT / f"scenarios/{constants(path)['SCENARIO']}.toml")
    steps = [
        msgspec.structs.replace(step, kill="", error="", short="", power="", disk="", memory="", points=0)
        for step in scenario.steps
    ]
    options = Options(runs=str(tmp_path), sandbox=sandbox.level, shrink=False, cases=2)
    result = run_loaded(msgspec.structs.replace(scenario, steps=steps), sabotaged(path), options, sandbox)
    assert result.status is Status.PASS, [verdict.findings for verdict in result.verdicts]


def test_every_claim_has_a_saboteur() -> None:
    aimed = {constants(path)["CLAIM"] for path in FILES}
    stories = filter(None, (story_of(load_scenario(path)) for path in scenario_paths(ROOT / "scenarios")))
    assert aimed == CLAIMS.keys() | {claim.name for story in stories for claim in story.own_claims()}


def test_every_saboteur_says_what_it_does_wrong() -> None:
    assert [path.stem for path in FILES if not constants(path)["doc"]] == []
