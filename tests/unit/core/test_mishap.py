"""Faults of stories: drawn as a sort and a number, told as what they came to, tried again on smaller homes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
from hypothesis import given
from test_branching import Stepwise, row_by_row, trusts_what_is_there
from toy import TOY, TOY_PROFILE

from harness.fault import FaultError, fault_of
from harness.folder import given_home, given_steps
from harness.history import History
from harness.home import Home
from harness.mishap import SORTS, Known, mishaps
from harness.result import RunResult
from harness.run import run_scenario
from harness.sandbox.session import Session
from harness.scenario import load_scenario
from harness.store import RunFolder
from harness.verdict import Status
from harness.world import World

STORY = '''"""Runs that are broken at their operations."""

from hypothesis import strategies as st

from harness import usual_steps
from harness.mishap import mishaps
from harness.story import Story

story = Story(system="toy", shows=["X-01"], home={"numbers": 4}, cases=40, length=(1, 4))


@story.step(fault=mishaps("kill", "error"))
def migrate(world, fault=""):
    world.migrate(fault=fault)


usual_steps.always(story, legacy=False, work=False)
'''


def careful(verb: str, home: Home) -> list[Home]:
    """Adds one row after the other, and nothing where all are there."""
    steps = row_by_row(verb, home)
    return [] if steps and steps[-1] == home else steps


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Any]:
    path = tmp_path / "toy-broken.py"
    path.write_text(STORY)
    scenario, seconds = load_scenario(path), count(1.0)

    def tell(session: Stepwise, **more: Any) -> tuple[RunResult, dict[str, History]]:
        with closing(RunFolder.create(tmp_path, scenario, TOY_PROFILE, next(seconds))) as folder:
            options = {"number": 0, "cases": scenario.cases, **more}
            result = run_scenario(TOY, scenario, TOY_PROFILE, session.as_session(), folder, **options)
            return result, dict(folder.histories())

    return tell


def test_a_mistake_is_shrunk_to_one_fault_that_is_told_by_its_place(told: Any) -> None:
    result, histories = told(Stepwise(course=trusts_what_is_there))
    assert result.status is Status.FAIL
    assert result.steps == ("migrate kill@1", "migrate")
    smallest = histories["smallest"]
    assert smallest.draft["steps"] == [["migrate", {"fault": "kill@1"}], ["migrate", {"fault": ""}]] or (
        smallest.draft["steps"] == [["migrate", {"fault": "kill@1"}], ["migrate", {}]]
    )
    assert [bool(event.kill) for event in smallest.events] == [True, False]


def test_the_stored_case_repeats_the_verdict(told: Any) -> None:
    result, _ = told(Stepwise(course=trusts_what_is_there))
    case = Path(result.folder) / "smallest"
    session = Stepwise(course=trusts_what_is_there)
    home = given_home(case, "", session.root_for)
    again, _ = told(session, home=home, steps=given_steps(case), cases=1)
    assert (again.status, again.steps, again.befell) == (Status.FAIL, result.steps, result.befell)
    mended, _ = told(Stepwise(course=careful), home=home, steps=given_steps(case), cases=1)
    assert (mended.status, mended.kills.landed) == (Status.PASS, 1)


def test_the_right_one_passes_and_its_faults_come_about(told: Any) -> None:
    result, _ = told(Stepwise(course=careful))
    assert result.status is Status.PASS
    assert result.kills.landed == result.kills.tried > 10


def world(numbers: list[int], *, supervises: bool = True, known: Known | None = None) -> World:
    session = Stepwise(course=careful, supervises=supervises)
    home = TOY.write(numbers, "/home/u")
    return World(TOY, TOY_PROFILE, cast("Session", session), home, random=Random(0), known=known)


def test_a_fault_of_a_known_case_is_tried_at_the_operations_that_are_alike() -> None:
    places = []
    for turn in range(3):
        here = world([1, 2, 3], known=Known({"kill@7": "write target.json"}, turn))
        event = here.migrate(fault="kill@7")
        assert event is not None
        assert event.kill is not None
        places.append(event.kill.fault)
    assert places == ["kill@0", "kill@1", "kill@2"]


@pytest.mark.parametrize("numbers", [[], [1, 2]])
def test_without_a_place_or_supervision_the_step_is_an_ordinary_one(numbers: list[int]) -> None:
    here = world(numbers, supervises=not numbers)
    event = here.migrate(fault="error 5")
    assert event is not None
    assert (event.kill, event.outcome, here.faults) == (None, "done", {})


@given(mishaps(*SORTS))
def test_what_is_drawn_is_nothing_or_a_sort_and_a_number(drawn: str) -> None:
    assert drawn == "" or drawn.split(maxsplit=1)[0] in SORTS


@pytest.mark.parametrize("wrong", ["flood 7", "kill@", "strict@3"])
def test_a_text_that_stands_for_no_fault_is_refused(wrong: str) -> None:
    with pytest.raises(FaultError):
        world([1]).migrate(fault=wrong)
    assert fault_of("kill@3").kind == "kill"
