"""Faults as draws of a story: found within its budget, shrunk to one fault on the smallest home, repeated by one command."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from test_saboteurs import FOLDER, sabotaged

from harness import exploration
from harness.cli import main
from harness.folder import given_home, given_steps
from harness.history import Event
from harness.result import RunResult
from harness.run import run_scenario
from harness.sandbox.choose import choose
from harness.sandbox.inside.tracing import known_here
from harness.sandbox.session import Session
from harness.scenario import load_scenario
from harness.store import RunFolder
from harness.sut import Profile
from harness.verdict import Status

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "core"))

from toy import TOY, TOY_PROFILE, numbers_of

pytestmark = [
    pytest.mark.quality,
    pytest.mark.skipif(not known_here(), reason="programs are supervised on x86-64 Linux only"),
]
ROOT = Path(__file__).parents[2]
STORY = '''"""Runs and ways back in any order, broken ones too."""

from harness import usual_steps
from harness.story import Story

story = Story(system="toy", shows=["X-01"], home={"numbers": 4}, cases=60, length=(1, 4))
usual_steps.faults_at_operations(story)
usual_steps.always(story, legacy=False, work=False)
'''


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with choose("embedded").open(support=ROOT / "tests/variants") as opened:
        yield opened


def variant(name: str) -> Profile:
    verbs = {
        verb: ["python3", "-I", "-S", "{support}/five.py", name, verb] for verb in ("migrate", "rollback")
    }
    return msgspec.structs.replace(TOY_PROFILE, name=name, verbs=verbs, keeps=[".state"], timeout=30.0)


def told(session: Session, name: str, runs: Path, **more: object) -> tuple[RunResult, list[Event], list[int]]:
    """Returns what the story says of a variant, and of the smallest failing case its events and the numbers of its home."""
    path = runs / "toy-faults.py"
    path.write_text(STORY)
    scenario = load_scenario(path)
    with closing(RunFolder.create(runs, scenario, variant(name), float("home" in more))) as folder:
        options = {"number": 0, "cases": scenario.cases, **more}
        result = run_scenario(TOY, scenario, variant(name), session, folder, **options)  # type: ignore[arg-type]
        history = dict(folder.histories()).get("smallest")
        return result, list(history.events) if history else [], numbers_of(history.home) if history else []


def test_the_story_passes_the_safe_variant(session: Session, tmp_path: Path) -> None:
    result, _, _ = told(session, "safe", tmp_path)
    assert result.status is Status.PASS, (result.befell, result.smallest and result.smallest.findings)
    assert result.kills.landed == result.kills.tried >= 20


@pytest.mark.parametrize("name", ["early", "inplace", "nosync", "nodirsync"])
def test_each_mistake_shrinks_to_one_fault_on_a_home_of_one_number_at_most(
    session: Session, name: str, tmp_path: Path
) -> None:
    result, events, numbers = told(session, name, tmp_path)
    assert result.status is Status.FAIL
    assert len([event for event in events if event.kill]) == 1
    assert len(events) <= 2
    assert len(numbers) <= 1
    if name in {"nosync", "nodirsync"}:
        (fault,) = [event.kill.fault for event in events if event.kill]
        assert fault.startswith("strict@" if name == "nodirsync" else ("strict@", "ext4@"))
    case = Path(result.folder) / "smallest"
    if session.level != "bare":
        home = given_home(case, "", session.root_for)
        again, _, _ = told(session, name, tmp_path, home=home, steps=given_steps(case), cases=1)
        assert again.smallest is not None
        assert result.smallest is not None
        assert set(again.smallest.failed) == set(result.smallest.failed)


def test_the_printed_command_repeats_the_verdict_of_a_story(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name, story = "notes_done_before_publishing", "ao-faults-any-order"
    monkeypatch.setattr(exploration, "_SHRINK_SECONDS", 20.0)
    level = choose("embedded").level
    if level == "bare":
        pytest.skip("a bare process has its home in another place each time")
    profile = tmp_path / "wrong.toml"
    profile.write_text(as_toml(sabotaged(FOLDER / f"{name}.py")))
    asked = ["run", story, "--cases", "60", "--profile", str(profile), "--sandbox", "embedded"]
    asked += ["--scenarios", str(ROOT / "scenarios"), "--runs", str(tmp_path / "runs"), "--json"]
    assert main(asked) == 1
    first = json.loads(capsys.readouterr().out)
    latest = tmp_path / "runs" / story / "latest"
    with closing(RunFolder.open(latest.resolve())) as folder:
        smallest = dict(folder.histories())["smallest"]
        paths = [path for path in smallest.home.entries if "/sessions/" in path and path.endswith(".json")]
        faults = [event for event in smallest.events if event.kill and event.kill.landed]
    assert len(faults) == 1
    assert len(paths) <= 1
    words = first["replay"].split()[1:]
    assert main([*words, "--runs", str(tmp_path / "again"), "--json"]) == 1
    again = json.loads(capsys.readouterr().out)
    assert again["steps"] == first["steps"]


def as_toml(profile: Profile) -> str:
    """Returns the file that declares the profile: JSON texts, numbers and lists are TOML as well."""
    about = msgspec.to_builtins(profile)
    tables = {name: about.pop(name) for name in ("verbs", "exit", "env")}
    lines = [f"{name} = {json.dumps(value)}" for name, value in about.items()]
    for table, rows in tables.items():
        lines += [f"[{table}]", *(f"{name} = {json.dumps(value)}" for name, value in rows.items())]
    return "\n".join(lines) + "\n"
