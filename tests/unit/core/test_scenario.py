"""Scenario and profile files: those here load and are complete, and a wrong one is told by file, place and remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.claims import CLAIMS
from harness.draft import drafts
from harness.run import check_actors
from harness.scenario import Scenario, ScenarioError, Step, load_scenario, scenario_paths, story_of
from harness.sut import Profile, ProfileError, load_profile
from harness.systems import PACKS, UnknownSystemError, pack

REPOSITORY = Path(__file__).parents[3]
FILES = scenario_paths(REPOSITORY / "scenarios")
PROFILES = [path for name in PACKS for path in sorted(pack(name).PROFILES.glob("*.toml"))]
REQUIREMENT = re.compile(r"(A42-0[1-7]|AO-0[1-8]|SB-0[1-8]|M-(0[1-9]|1[01])|H-(0[1-9]|1[0-2]))")

SCENARIO = """\
summary = "All is well."
system = "toy"
shows = ["M-01"]
steps = [{ do = "migrate" }]
"""
PROFILE = """\
system = "toy"
verbs = { migrate = ["tool", "migrate"] }
exit = { done = [0] }
"""


def plain(message: str) -> None:
    """A message is a sentence for people: one line, no type names, no braces of a traceback."""
    assert "\n" not in message
    assert "Error" not in message
    assert "object at 0x" not in message


def test_there_are_scenarios() -> None:
    assert len(FILES) > 15


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_scenario_here_loads_and_is_complete(path: Path) -> None:
    scenario = load_scenario(path)
    assert scenario.name == path.stem
    assert scenario.name.startswith(scenario.system + "-")
    assert scenario.summary.endswith(".")
    assert "\n" not in scenario.summary
    assert scenario.shows
    assert [shown for shown in scenario.shows if not REQUIREMENT.fullmatch(shown)] == []
    assert scenario.shows == sorted(set(scenario.shows))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_scenario_here_asks_for_what_its_pack_knows(path: Path) -> None:
    scenario = load_scenario(path)
    system = pack(scenario.system)
    check_actors(system, scenario)
    drafts(system, scenario, story_of(scenario)).validate()


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_each_profile_here_loads_and_tells_refused_from_done(path: Path) -> None:
    profile = load_profile(path)
    assert profile.name == path.stem
    assert profile.system in PACKS
    statuses = [status for values in profile.exit.values() for status in values]
    assert len(statuses) == len(set(statuses))
    assert profile.outcome_of(None) == "unknown"


@pytest.mark.parametrize("name", PACKS)
def test_our_own_migrator_has_every_verb_that_a_scenario_asks_for(name: str) -> None:
    profile = load_profile(pack(name).PROFILES / "migrator.toml")
    asked = {step.do for path in FILES if (s := load_scenario(path)).system == name for step in s.steps}
    assert asked - profile.verbs.keys() == set()


def test_a_scenario_is_what_its_file_says(tmp_path: Path) -> None:
    path = tmp_path / "toy-well.toml"
    path.write_text(SCENARIO + 'cases = 3\nclaims = ["no-loss"]\ngenerator = "pool"\n')
    assert load_scenario(path) == Scenario(
        summary="All is well.",
        system="toy",
        shows=["M-01"],
        steps=[Step(do="migrate")],
        cases=3,
        claims=["no-loss"],
        generator="pool",
        name="toy-well",
    )


WRONG = {
    "no TOML": ("summary = ", "Invalid value"),
    "misspelt key": (SCENARIO + "casses = 3\n", "`casses`"),
    "misspelt key of a step": (
        SCENARIO.replace('do = "migrate"', 'doo = "migrate"'),
        r"`\$\.steps\[0\]`|`\$\.steps\[...\]`|`doo`",
    ),
    "unknown verb": (SCENARIO.replace('"migrate"', '"emigrate"'), r"'emigrate'.*steps"),
    "wrong type": (SCENARIO + 'cases = "many"\n', r"\$\.cases"),
    "missing key": (SCENARIO.replace('system = "toy"\n', ""), "`system`"),
    "unknown claim": (
        SCENARIO + 'claims = ["no-loss", "no-harm"]\n',
        "no such claim: no-harm; known are .*no-loss",
    ),
    "no steps": (
        SCENARIO.replace('[{ do = "migrate" }]', "[]"),
        "steps is empty; a scenario needs at least one",
    ),
    "unknown generator": (
        SCENARIO + 'generator = "luck"\n',
        "generator is 'luck'; it may be 'fields' or 'pool'",
    ),
    "no cases": (SCENARIO + "cases = 0\n", "cases is 0; at least one home"),
    "cases below zero": (SCENARIO + "cases = -1\n", "cases is -1"),
}


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_scenario_is_told_by_file_and_place(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=told) as caught:
        load_scenario(path)
    assert str(caught.value).startswith(f"{path}: ")
    plain(str(caught.value))


def test_a_scenario_that_is_not_there_or_no_text_is_told_by_file(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "absent.toml", tmp_path, tmp_path / "binary.toml"):
        with pytest.raises(ScenarioError) as caught:
            load_scenario(path)
        assert str(caught.value).startswith(f"{path}: ")
        plain(str(caught.value))


WRONG_PROFILES = {
    "no TOML": ("verbs", "docs/contract.md"),
    "misspelt key": (PROFILE + "imagee = 'x'\n", "`imagee`"),
    "misspelt verb": (PROFILE.replace("migrate =", "migrates ="), "'migrates'"),
    "misspelt outcome": (PROFILE.replace("done", "ok"), "'ok'"),
    "wrong type": (PROFILE + "timeout = 'long'\n", r"\$\.timeout"),
    "no migrate": (
        PROFILE.replace("migrate =", "verify ="),
        "verbs.migrate is missing; a profile needs at least",
    ),
    "empty migrate": (PROFILE.replace('["tool", "migrate"]', "[]"), "verbs.migrate is missing"),
}


@pytest.mark.parametrize(("text", "told"), WRONG_PROFILES.values(), ids=WRONG_PROFILES.keys())
def test_a_wrong_profile_is_told_by_file_and_place(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(ProfileError, match=told) as caught:
        load_profile(path)
    assert str(caught.value).startswith(f"{path}: ")
    plain(str(caught.value))


def test_a_profile_that_is_not_there_is_told_by_file(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"absent\.toml: cannot be read .*; name an existing profile file"):
        load_profile(tmp_path / "absent.toml")


def test_a_profile_is_named_after_its_file_and_its_support_folder_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "theirs.toml"
    path.write_text(PROFILE + 'support = "tools"\n')
    profile = load_profile(path)
    assert (profile.name, profile.support) == ("theirs", str(tmp_path / "tools"))
    path.write_text(PROFILE + 'name = "The Tool"\n')
    assert (load_profile(path).name, load_profile(path).support) == ("The Tool", "")


def test_an_exit_status_that_is_not_declared_is_unknown() -> None:
    profile = Profile(system="toy", verbs={"migrate": ["m"]}, exit={"done": [0, 10], "refused": [3]})
    assert [profile.outcome_of(status) for status in (0, 10, 3, 1, None)] == [
        "done",
        "done",
        "refused",
        "unknown",
        "unknown",
    ]
    assert profile.offers("migrate")
    assert not profile.offers("rollback")


def test_an_unknown_system_is_told_with_those_that_exist() -> None:
    with pytest.raises(UnknownSystemError, match=r"no such system: oa; known are .*ao"):
        pack("oa")


def test_every_claim_is_judged_by_some_scenario() -> None:
    asked = [set(load_scenario(path).claims or CLAIMS) for path in FILES]
    assert CLAIMS.keys() - set().union(*asked) == set()
