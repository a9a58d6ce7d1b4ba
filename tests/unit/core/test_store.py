"""Runs on disk: where they lie, which is the latest, and what is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from handwritten import PROFILE, event, home

from harness.history import History
from harness.scenario import Scenario, Step
from harness.store import RunFolder, StoreError
from harness.sut import Profile

SCENARIO = Scenario(summary="s", system="toy", steps=[Step(do="migrate")], shows=["M-01"], name="toy-clean")
NOON = 1_781_697_600.0  # 2026-06-17T12:00:00Z


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunFolder]:
    """A fresh run."""
    folder = RunFolder.create(tmp_path / "runs", SCENARIO, PROFILE, NOON)
    yield folder
    folder.close()


def history(text: str) -> History:
    before = home({"legacy": text})
    return History(before, (event(before, before.with_file("new", text.encode())),), {"damage": []})


def test_a_run_lies_under_its_scenario_and_time(tmp_path: Path, run: RunFolder) -> None:
    assert run.path == tmp_path / "runs" / "toy-clean" / "20260617T120000.000000Z"


def test_a_run_holds_what_was_run(run: RunFolder) -> None:
    assert msgspec.json.decode((run.path / "scenario.json").read_bytes(), type=Scenario) == SCENARIO
    assert msgspec.json.decode((run.path / "profile.json").read_bytes(), type=Profile) == PROFILE


def test_cases_come_back_in_order_and_the_smallest_last(run: RunFolder) -> None:
    cases = [history(str(number)) for number in range(12)]
    for number, case in enumerate(cases):
        run.add_case(number, case)
    run.set_smallest(history("first guess"))
    run.set_smallest(history("small"))
    opened = RunFolder.open(run.path)
    assert list(opened.histories()) == [
        *((f"{number:04d}", case) for number, case in enumerate(cases)),
        ("smallest", history("small")),
    ]
    opened.close()


def test_without_a_failing_case_there_is_no_smallest(run: RunFolder) -> None:
    run.add_case(0, history("a"))
    assert [name for name, _ in run.histories()] == ["0000"]


def test_latest_leads_to_the_newest_run(tmp_path: Path) -> None:
    latest = tmp_path / "toy-clean" / "latest"
    for later in range(3):
        folder = RunFolder.create(tmp_path, SCENARIO, PROFILE, NOON + later)
        assert latest.is_symlink()
        assert latest.resolve() == folder.path
        folder.close()
    assert [path.name for path in latest.parent.iterdir() if path.name.startswith(".")] == []
    opened = RunFolder.open(latest)
    assert list(opened.histories()) == []


def test_old_runs_of_the_scenario_are_pruned_and_others_are_not(tmp_path: Path) -> None:
    other = RunFolder.create(tmp_path, msgspec.structs.replace(SCENARIO, name="other"), PROFILE, NOON - 1)
    stamps = [RunFolder.create(tmp_path, SCENARIO, PROFILE, NOON + n).path.name for n in range(13)]
    kept = sorted(path.name for path in (tmp_path / "toy-clean").iterdir() if path.name != "latest")
    assert kept == stamps[-10:]
    assert other.path.is_dir()


def test_a_run_of_which_a_case_is_being_replayed_is_kept(tmp_path: Path) -> None:
    first = RunFolder.create(tmp_path, SCENARIO, PROFILE, NOON).path
    case = first.resolve() / "cases" / "0000"
    for n in range(1, 13):
        RunFolder.create(tmp_path, SCENARIO, PROFILE, NOON + n, keep=case)
    assert first.is_dir()
    RunFolder.create(tmp_path, SCENARIO, PROFILE, NOON + 13)
    assert not first.exists()


def test_what_is_no_run_is_said_to_be_none(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(StoreError, match=r"not a stored run .* runs/<scenario>/latest"):
            RunFolder.open(path)


def test_values_that_json_has_no_word_for_are_shown(run: RunFolder) -> None:
    run.write_json("x.json", {"bytes": b"\xff", "text": "\udcff", "set": frozenset({1})})
    assert run.read_json("x.json") == {"bytes": "b'\\xff'", "text": "\udcff", "set": "frozenset({1})"}
    assert json.loads((run.path / "x.json").read_bytes())
