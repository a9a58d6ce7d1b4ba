"""The corpus: found cases are kept with their homes, tried again, and void where their fault does not come about."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from test_branching import EACH, Stepwise, row_by_row, trusts_what_is_there
from test_mishap import STORY
from toy import TOY, TOY_PROFILE, numbers_of

from harness import cli
from harness.commands import found as found_command
from harness.commands import keep as keep_command
from harness.corpus import Entry, load_corpus, load_entry, save_entry, try_again
from harness.run import run_scenario
from harness.sandbox.choose import Choice
from harness.sandbox.session import Session
from harness.scenario import Scenario, ScenarioError, load_scenario
from harness.store import RunFolder
from harness.verdict import Status

Keeps = Callable[..., Path]


@pytest.fixture
def keeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keeps:
    """A run of a scenario with a wrong migrator; its smallest failing case is kept by the command."""
    monkeypatch.setattr(keep_command, "pack", lambda _name: TOY)
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "toy-broken.py").write_text(STORY)

    def keep(scenario: Scenario, *, name: str = "") -> Path:
        session = Stepwise(course=trusts_what_is_there).as_session()
        with closing(RunFolder.create(tmp_path / "runs", scenario, TOY_PROFILE, 0.0)) as folder:
            run_scenario(TOY, scenario, TOY_PROFILE, session, folder, number=0, cases=scenario.cases)
        words = ["keep", str(folder.path), "--corpus", str(tmp_path / "corpus"), "--wrong", "tests/x.py"]
        assert cli.main([*words, "--name", name, "--scenarios", str(tmp_path / "scenarios")]) == 0
        (path,) = (tmp_path / "corpus").glob("*.json")
        return path

    return keep


def tried(path: Path, session: Stepwise) -> tuple[bool, Status]:
    here = path.parent.parent / "scenarios"
    came = try_again(load_entry(path), TOY, TOY_PROFILE, cast("Session", session), here)
    return came.void, came.status


def story(tmp_path: Path) -> Scenario:
    return load_scenario(tmp_path / "scenarios" / "toy-broken.py")


def test_a_found_case_is_kept_with_its_home_its_fault_and_what_it_showed(keeps: Keeps) -> None:
    path = keeps(EACH)
    entry = load_entry(path)
    assert path.name == "toy-each-kill-1.json"
    assert (entry.name, entry.wrong, entry.likenesses) == (
        "toy-each-kill-1",
        "tests/x.py",
        {"kill@1": "write target.json"},
    )
    assert len(numbers_of(entry.home)) == 2
    assert entry.claim
    assert entry.finding
    assert [one.name for one in load_corpus(path.parent)] == [entry.name]


def test_it_fails_again_on_the_wrong_one_and_passes_on_the_right_one(keeps: Keeps) -> None:
    path = keeps(EACH)
    assert tried(path, Stepwise(course=trusts_what_is_there)) == (False, Status.FAIL)
    assert tried(path, Stepwise(course=row_by_row)) == (False, Status.PASS)


def test_the_case_of_a_story_is_told_again(keeps: Keeps, tmp_path: Path) -> None:
    path = keeps(story(tmp_path), name="told")
    assert load_entry(path).told[0] == ("migrate", {"fault": "kill@1"})
    assert tried(path, Stepwise(course=trusts_what_is_there)) == (False, Status.FAIL)
    assert tried(path, Stepwise(course=row_by_row)) == (False, Status.PASS)


def test_where_the_fault_does_not_come_about_the_entry_is_void_and_not_passed(
    keeps: Keeps, tmp_path: Path
) -> None:
    path = keeps(story(tmp_path), name="told")
    assert tried(path, Stepwise(course=lambda _verb, _home: [])) == (True, Status.UNKNOWN)


def test_where_operations_of_that_kind_are_gone_the_entry_is_void(keeps: Keeps) -> None:
    path = keeps(EACH)
    data = json.loads(path.read_text())
    path.write_text(json.dumps({**data, "likenesses": {"kill@1": "rename elsewhere"}}))
    assert tried(path, Stepwise(course=trusts_what_is_there)) == (True, Status.UNKNOWN)


def test_an_entry_is_written_once_and_a_file_that_holds_none_is_named(
    keeps: Keeps, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = keeps(EACH)
    again = ["keep", str(tmp_path / "runs" / "toy-each" / "latest"), "--corpus", str(path.parent)]
    assert cli.main(again) == 2
    assert "is there already" in capsys.readouterr().err
    path.write_text("[]")
    with pytest.raises(ScenarioError, match="no entry"):
        load_entry(path)


def test_a_run_without_a_failure_has_nothing_to_keep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(keep_command, "pack", lambda _name: TOY)
    with closing(RunFolder.create(tmp_path, EACH, TOY_PROFILE, 0.0)) as folder:
        run_scenario(TOY, EACH, TOY_PROFILE, Stepwise().as_session(), folder, number=0, cases=2)
    assert cli.main(["keep", str(folder.path), "--corpus", str(tmp_path / "corpus")]) == 2
    assert "nothing to keep" in capsys.readouterr().err


def test_a_home_that_cannot_lie_in_its_place_is_told(keeps: Keeps) -> None:
    entry = load_entry(keeps(EACH))
    elsewhere = Entry(**{**{f: getattr(entry, f) for f in entry.__struct_fields__}, "root": "/srv/u"})
    with pytest.raises(ScenarioError, match="puts homes at"):
        try_again(elsewhere, TOY, TOY_PROFILE, cast("Session", Stepwise()))


@pytest.mark.parametrize(("course", "status"), [(row_by_row, 0), (trusts_what_is_there, 1), (None, 3)])
def test_the_command_tries_all_entries_and_says_which_are_void(
    keeps: Keeps,
    course: Any,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = keeps(EACH)
    if course is None:
        entry = load_entry(path)
        gone = {"kill@1": "rename elsewhere"}
        save_entry(
            Entry(**{**{f: getattr(entry, f) for f in entry.__struct_fields__}, "likenesses": gone}), path
        )
    session = Stepwise(course=course or row_by_row)
    choice = Choice("bare", lambda **_how: session.as_session())
    monkeypatch.setattr(found_command, "pack", lambda _name: TOY)
    monkeypatch.setattr(found_command, "profile_for", lambda _system, _named: TOY_PROFILE)
    monkeypatch.setattr(found_command, "choose", lambda _wanted, _image: choice)
    monkeypatch.setattr(found_command, "make_ready", lambda wanted, _image: wanted)
    capsys.readouterr()
    assert cli.main(["found", "--corpus", str(path.parent)]) == status
    word = {0: "PASS", 1: "FAIL", 3: "VOID"}[status]
    assert capsys.readouterr().out.startswith(f"{word:8}toy-each-kill-1")


def test_an_empty_corpus_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["found", "--corpus", str(tmp_path)]) == 2
    assert "holds no entries" in capsys.readouterr().err
