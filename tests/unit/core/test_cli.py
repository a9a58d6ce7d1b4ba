"""The command line: what it prints, and that its exit status says what happened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from toy import TOY, Did, InMemory, Migrator, right
from toy import scenario as _scenario

from harness import cli
from harness.claims import CLAIMS
from harness.commands import gate as gate_command
from harness.commands import listing
from harness.home import Home
from harness.result import RunResult
from harness.sandbox.channel import SandboxError
from harness.sandbox.choose import Choice
from harness.sandbox.session import Session
from harness.scenario import Scenario, load_scenario
from harness.systems import PACKS
from harness.verdict import ClaimResult, Status, Verdict

COMMANDS = ("list", "run", "judge", "gate", "keep", "found", "image")
MIGRATOR = """\
system = "toy"
verbs = { migrate = ["migrate"], rollback = ["rollback"] }
exit = { done = [0], refused = [3], partial = [4] }
"""
SCENARIO = """\
summary = "Numbers arrive."
system = "toy"
shows = ["X-01"]
cases = 5
steps = [{ do = "migrate" }]
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a toy scenario and a toy profile, as the current one."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "toy-any.toml").write_text(SCENARIO)
    (tmp_path / "migrator.toml").write_text(MIGRATOR)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def use(place: Path, monkeypatch: pytest.MonkeyPatch) -> list[Migrator]:
    """The toy in place of the packs and of the sandbox; the last function of the list is the migrator."""
    migrators: list[Migrator] = [right]
    monkeypatch.setattr(TOY, "PROFILES", place, raising=False)
    for module in ("harness.session_run", "harness.commands.judge"):
        monkeypatch.setattr(f"{module}.pack", lambda _name: TOY)
    choice = Choice("bare", lambda **_: InMemory(migrators[-1]).as_session())
    monkeypatch.setattr("harness.commands.run.choose", lambda *_: choice)
    return migrators


def no_session(**_: object) -> Session:
    raise AssertionError("nothing is run here")


def loses(_verb: str, home: Home) -> Did:
    return Did(home.with_file("target.json", b'{"notes": {}}'))


def hangs(_verb: str, home: Home) -> Did:
    return Did(home, timed_out=True)


# -- help and usage ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("argv", [["--help"], *([name, "--help"] for name in COMMANDS)], ids=" ".join)
def test_help_is_printed_and_is_no_error(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(argv)
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: harness")


def test_help_names_every_command_and_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    text = capsys.readouterr().out
    assert [name for name in COMMANDS if f"\n    {name} " not in text] == []
    for part in ("0 pass", "1 fail", "2 usage", "3 unknown", "130 interrupted", "4 hold", "5 roll back"):
        assert part in text


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ([], "COMMAND"),
        (["dance"], "invalid choice: 'dance'"),
        (["run"], "required: scenario"),
        (["run", "ao-clean", "--cases", "0"], "'0' is not a whole number from 1 up"),
        (["run", "ao-clean", "--cases", "-1"], "'-1' is not a whole number"),
        (["run", "ao-clean", "--cases", "\u00b2"], "--cases"),
        (["run", "ao-clean", "--seed", "x"], "--seed"),
        (["run", "ao-clean", "--sandbox", "castle"], "castle"),
        (["gate", "--jobs", "none"], "'none' is not a whole number"),
        (["judge"], "required: run"),
        (["list", "colours"], "colours"),
        (["run", "ao-clean", "--no-such-option"], "--no-such-option"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_told_and_ends_with_2(
    argv: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(argv)
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_crash(place: Path) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    command = [sys.executable, "-m", "harness.cli", "list", "scenarios"]
    ended = subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, check=False, cwd=place)
    os.close(theirs)
    assert (ended.returncode, ended.stderr) == (3, b"")


def test_an_unknown_scenario_is_told_with_those_that_exist(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "scenarios" / "toy-other.toml").write_text(SCENARIO)
    assert cli.main(["run", "toy-anny"]) == 2
    error = capsys.readouterr().err
    near = "no such scenario in scenarios/: toy-anny; near to it are: toy-any"
    assert error == f"harness: {near}; `harness list scenarios` names all 2\n"
    assert cli.main(["run", "other/place.toml"]) == 2
    assert cli.main(["run", "toy-any", "--scenarios", "nowhere"]) == 2
    assert capsys.readouterr().err.endswith("no such scenario in nowhere/: toy-any, nor any other\n")


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["run", "toy-any"], "no such system: toy; known are ait42, ao"),
        (["gate", "oa"], "no such system: oa; known are ait42, ao"),
        (["gate", "ao"], "no scenario of ao in scenarios/"),
        (["judge", "."], "not a stored run"),
        (["list"], None),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_told_in_one_line(
    place: Path, argv: list[str], told: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(argv) == (0 if told is None else 2)
    error = capsys.readouterr().err
    assert error.count("\n") == (0 if told is None else 1)
    assert (told or "") in error


def test_a_broken_scenario_file_is_told_in_one_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "scenarios" / "toy-any.toml").write_text(SCENARIO + "casses = 1\n")
    for argv in (["run", "toy-any"], ["list"], ["gate", "ao"]):
        assert cli.main(argv) == 2
        error = capsys.readouterr().err
        assert error.startswith("harness: scenarios/toy-any.toml: ")
        assert "`casses`" in error


# -- crashes -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (RuntimeError("the ground gave way"), 3, "harness: crashed; the verdict is unknown"),
        (ValueError("not one of ours"), 3, "harness: crashed; the verdict is unknown"),
        (KeyError("not one of ours"), 3, "harness: crashed; the verdict is unknown"),
        (SandboxError("it ended"), 3, "harness: no sandbox, so the verdict is unknown: it ended"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
    ids=repr,
)
def test_a_crash_is_unknown_and_never_a_pass(
    error: BaseException,
    status: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def crash(_: object) -> int:
        raise error

    monkeypatch.setattr(listing, "main", crash)
    assert cli.main(["list"]) == status
    assert capsys.readouterr().err.splitlines()[-1] == told


# -- lists ---------------------------------------------------------------------------------------------------------
def test_claims_are_listed_with_their_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", "claims"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1) for line in lines] == [
        [claim.name, claim.sentence] for claim in CLAIMS.values()
    ]


def test_scenarios_are_listed_with_their_summary_and_what_they_show(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["list"]) == 0
    assert capsys.readouterr().out.split() == ["toy-any", "Numbers", "arrive.", "[X-01]"]


@pytest.mark.parametrize("what", ["corruptions", "actors"])
def test_what_packs_know_is_listed_by_system(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", what]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(len(line.split()) > 3 for line in lines)
    assert [system for system, _ in groupby(line.split()[0] for line in lines)] == sorted(PACKS)


# -- run and judge -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("migrate", "status"), [(right, 0), (loses, 1), (hangs, 3)], ids=["right", "loses", "hangs"]
)
def test_a_run_and_its_judgement_end_with_the_status_of_the_worst_case(
    use: list[Migrator], migrate: Migrator, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    use.append(migrate)
    assert cli.main(["run", "toy-any"]) == status
    word = {0: "PASS", 1: "FAIL", 3: "UNKNOWN"}[status]
    out = capsys.readouterr().out.splitlines()
    assert out[:2] == ["toy-any: Numbers arrive.", "sandbox: bare"]
    assert [line for line in out if line.startswith(f"{word:8}toy-any")]
    assert cli.main(["judge", "runs/toy-any/latest"]) == status
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"{word:8}toy-any  (")


def test_the_replay_command_that_is_printed_fails_the_same_again(
    use: list[Migrator], capsys: pytest.CaptureFixture[str]
) -> None:
    use.append(loses)
    cli.main(["run", "toy-any", "--seed", "5", "--cases", "9"])
    first = capsys.readouterr().out.splitlines()
    (replay,) = [line.split()[1:] for line in first if line.startswith("  replay ")]
    assert replay == ["harness", "run", "toy-any", "--seed", "5", "--cases", "9"]
    assert cli.main(replay[1:]) == 1
    again = capsys.readouterr().out.splitlines()
    told = ("  claim", "  subject", "  expected", "  found")
    assert [line for line in again if line.startswith(told)] == [
        line for line in first if line.startswith(told)
    ]


def test_the_replay_command_names_a_folder_of_scenarios_that_is_not_the_usual_one(
    use: list[Migrator], capsys: pytest.CaptureFixture[str]
) -> None:
    use.append(loses)
    Path("scenarios").rename("mine")
    assert cli.main(["run", "mine/toy-any.toml", "--json"]) == 1
    replay = json.loads(capsys.readouterr().out)["replay"].split()
    assert replay == ["harness", "run", "toy-any", "--seed", "0", "--scenarios", "mine"]
    assert cli.main(replay[1:]) == 1


def test_a_stored_case_is_run_again_by_its_folder(
    use: list[Migrator], capsys: pytest.CaptureFixture[str]
) -> None:
    use.append(loses)
    cli.main(["run", "toy-any", "--json"])
    smallest = json.loads(capsys.readouterr().out)["smallest"]
    assert cli.main(["run", "toy-any", "--json", "--home", "runs/toy-any/latest/smallest"]) == 1
    assert json.loads(capsys.readouterr().out)["cases"] == [smallest]
    use.append(right)
    assert cli.main(["run", "toy-any", "--home", "runs/toy-any/latest/cases/0000"]) == 0


def test_json_is_all_that_is_printed_when_it_is_asked_for(
    use: list[Migrator], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["run", "toy-any", "--json", "--seed", "4"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["scenario"], data["status"], data["seed"], len(data["cases"])) == ("toy-any", "pass", 4, 5)


def test_a_run_leaves_its_report_and_verdict_behind(
    use: list[Migrator], place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    use.append(loses)
    cli.main(["run", "toy-any"])
    latest = place / "runs" / "toy-any" / "latest"
    report = (latest / "report.txt").read_text()
    assert report in capsys.readouterr().out
    assert json.loads((latest / "verdict.json").read_text())["status"] == "fail"


def test_a_name_that_is_no_text_fails_as_any_other(
    use: list[Migrator], place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    use.append(lambda verb, home: Did(right(verb, home).home.with_file("caf\udce9", b"")))
    assert cli.main(["run", "toy-any"]) == 1
    assert "  subject   caf\\udce9" in capsys.readouterr().out
    assert "caf\\udce9" in (place / "runs/toy-any/latest/report.txt").read_text()


def test_a_profile_for_another_system_is_a_plain_error(
    use: list[Migrator], place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "theirs.toml").write_text(MIGRATOR.replace('"toy"', '"other"'))
    assert cli.main(["run", "toy-any", "--profile", "theirs.toml"]) == 2
    assert capsys.readouterr().err == "harness: toy-any is about toy; the profile theirs is for other\n"


# -- gate ----------------------------------------------------------------------------------------------------------
def outcome(scenario: Scenario, *statuses: Status) -> RunResult:
    verdicts = tuple(Verdict(tuple(ClaimResult(name, status) for name in CLAIMS)) for status in statuses)
    return RunResult(scenario.name, scenario.system, "by-hand", "bare", 0, verdicts, None, (), "runs/x", 0.1)


@pytest.fixture
def gate(place: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the gate where two scenarios come to the given statuses."""
    for name in ("ao-one", "ao-two"):
        (place / "scenarios" / f"{name}.toml").write_text(SCENARIO.replace('"toy"', '"ao"'))
    monkeypatch.setattr(gate_command, "choose", lambda *_: Choice("bare", no_session))

    def run_gate(one: tuple[Status, ...], two: tuple[Status, ...], *argv: str) -> int:
        statuses = {"ao-one": one, "ao-two": two}

        def run_all(chosen: list[tuple[Path, Scenario]], *_: object) -> Iterator[RunResult]:
            return (outcome(scenario, *statuses[scenario.name]) for _, scenario in chosen)

        monkeypatch.setattr(gate_command, "_run_all", run_all)
        return cli.main(["gate", "ao", *argv])

    return run_gate


PASS, FAIL, UNKNOWN = (Status.PASS,), (Status.FAIL,), (Status.UNKNOWN,)


def test_the_gate_releases_holds_or_rolls_back(gate: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate(PASS, PASS) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "sandbox: bare"
    assert out[-1] == "decision for ao: RELEASE"
    assert gate(PASS, UNKNOWN) == 4
    assert capsys.readouterr().out.splitlines()[-1].startswith("decision for ao: HOLD  (")


def test_the_gate_as_data(gate: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate(PASS, PASS, "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert [result["scenario"] for result in data["scenarios"]] == ["ao-one", "ao-two"]
    assert [(item["system"], item["decision"]) for item in data["gate"]] == [("ao", "release")]


def test_the_longest_scenario_begins_first_and_results_keep_their_order(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    class AtOnce(ThreadPoolExecutor):
        def __init__(self, jobs: int, mp_context: object) -> None:
            super().__init__(jobs)

    def run_file(path: Path, _: object) -> Any:
        begun.append(path.stem)
        return path.stem

    monkeypatch.setattr(gate_command, "ProcessPoolExecutor", AtOnce)
    monkeypatch.setattr(gate_command, "run_file", run_file)
    wanted = {"ao-few": 1, "ao-many": 30, "ao-some": 7}
    scenarios = [msgspec.structs.replace(_scenario(), name=name, cases=n) for name, n in wanted.items()]
    chosen = [(Path(f"{scenario.name}.toml"), scenario) for scenario in scenarios]
    options: Any = None
    assert list(gate_command._run_all(chosen, options, 1)) == list(wanted)
    assert begun == ["ao-many", "ao-some", "ao-few"]


def test_a_scenario_that_crashes_in_the_gate_is_unknown() -> None:
    options: Any = SimpleNamespace(profile="", sandbox="bare", seed=0)
    crashed = gate_command._crashed(_scenario(), options, OSError(28, "No space left on device"))
    assert crashed.status is Status.UNKNOWN
    assert "No space left on device" in crashed.notes[0]


def test_the_gate_takes_the_scenarios_of_its_systems_only(gate: Any, place: Path) -> None:
    chosen = gate_command._scenarios(place / "scenarios", ["ao"], named="")
    assert [scenario.name for _, scenario in chosen] == ["ao-one", "ao-two"]
    assert load_scenario(place / "scenarios" / "toy-any.toml").system == "toy"
