"""The spine with faults at operations: one case for each, the rest of the scenario after each, none that did not come about."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from toy import TOY_PROFILE, InMemory, Run, numbers_of, storing, tables_of

from harness.branching import exactly
from harness.fault import ERRORS, Fault, FaultError, Operation, Recording, fault_of
from harness.history import load
from harness.home import Home
from harness.interruption import Kills
from harness.meanwhile import files_between
from harness.report.text import scenario_lines
from harness.sandbox.ended import Ran
from harness.scenario import Scenario, ScenarioError, Step, load_scenario
from harness.store import RunFolder
from harness.verdict import Status

Course = Callable[[str, Home], list[Home]]
"""The homes of a run, one after each operation."""


def row_by_row(verb: str, home: Home) -> list[Home]:
    """Adds one row after the other; what is there stays."""
    if verb == "rollback":
        return [home.without("target.json")]
    numbers = numbers_of(home)
    return [storing(home, tables_of(numbers[:count])) for count in range(1, len(numbers) + 1)]


def trusts_what_is_there(verb: str, home: Home) -> list[Home]:
    return [home] if verb == "migrate" and home.get("target.json") else row_by_row(verb, home)


@dataclass
class Stepwise(InMemory):
    """A session whose commands go operation by operation; one that meets an error gives up."""

    course: Course = row_by_row
    hides: bool = False  # says that all is well after an error
    after_another: int = 3  # how it ends where the same command was begun once more
    timeless: bool = True  # another clock is nothing to it; else it gives up
    unsteady: bool = False  # does nothing at all when it is not recorded
    spoilt: bool = False  # where it starts warm, a run that nothing befalls does nothing
    starts: list[bool] = field(default_factory=list)  # of each run: whether it was warm

    def run(self, argv: Sequence[str], *, orders: Mapping[str, Any] | None = None, **how: Any) -> Ran:
        self.starts.append(bool(self.warm) and (orders or {}).get("act") != "record")
        if orders is None and self.spoilt and self.warm:
            return self._ran(0, b"")
        if orders is None:
            self.home = [self.home, *self.course(argv[0], self.home)][-1]
            return self._ran(0, b"")
        homes = [self.home, *self.course(argv[0], self.home)]
        at, act = orders["at"], orders["act"]
        fires = 0 <= at < len(homes) - 1 and not self.unsteady
        self.home = homes[at] if fires else homes[-1]
        head = {
            "fired": [at, "write", ["target.json"]] if fires else None,
            "operations": [["write", ["target.json"], {"result": 2}] for _ in homes[1:]],
            "pictures": [[number, home.manifest()] for number, home in enumerate(homes[:-1])],
            "digests": [],
            "sizes": [],
        }
        status = (-9 if act == "kill" else 0 if self.hides else 5) if fires else 0
        if act == "clock" and fires and self.timeless:
            self.home, status = homes[-1], 0
        if act == "run" and fires:  # the other one does the work, and this one gives up
            self.home, status, head["another"] = homes[-1], self.after_another, 0
        return self._ran(status, json.dumps(head).encode() + b"\n")

    def _ran(self, status: int, told: bytes) -> Ran:
        ended = (None, -status) if status < 0 else (status, None)
        return Ran(*ended, False, 0.01, b"", b"", None, told=told)


def asked(first: Step, **more: Any) -> Scenario:
    steps = [first, Step(do="migrate")]
    return Scenario(summary="s", system="toy", shows=["X-01"], name="toy-each", steps=steps, **more)


EACH = asked(Step(do="migrate", kill="each-write"), home={"numbers": 4})


def test_each_operation_is_a_crash_point_and_what_follows_is_run_after_each(run: Run) -> None:
    result = run(asked=EACH, session=Stepwise(), cases=6)
    assert (result.status, result.homes) == (Status.PASS, 6)
    folder = RunFolder.open(Path(result.folder))
    points: dict[str, int] = {}
    for _, history in folder.histories():
        killed, settled = history.events
        assert killed.kill is not None
        assert (killed.kill.landed, killed.before, settled.before) == (True, history.home, killed.after)
        points[str(numbers_of(history.home))] = points.get(str(numbers_of(history.home)), 0) + 1
    folder.close()
    assert all(points[key] % len(json.loads(key)) == 0 for key in points)
    assert result.kills.landed == result.kills.tried == len(result.verdicts) > 6


def test_one_who_trusts_what_an_interrupted_run_left_fails_with_one_fault_and_a_command_that_repeats_it(
    run: Run,
) -> None:
    result = run(asked=EACH, session=Stepwise(course=trusts_what_is_there))
    assert result.status is Status.FAIL
    assert result.faults == ("kill@1",)
    folder = RunFolder.open(Path(result.folder))
    smallest = load(folder.path / "smallest", folder.blobs)
    assert len(numbers_of(smallest.home)) == 2
    folder.close()
    assert "  fault     step 0: kill@1 (write target.json)" in list(scenario_lines(result, ""))
    again = run(asked=EACH, session=Stepwise(course=trusts_what_is_there), faults=[fault_of("kill@1")])
    assert (again.status, again.faults) == (Status.FAIL, ("kill@1",))
    assert len(again.verdicts) <= again.homes


WARM = msgspec.structs.replace(TOY_PROFILE, warm=["json"])


def test_only_what_follows_a_fault_starts_warm_where_the_profile_says_so_and_some_of_it_cold_all_the_same(
    run: Run,
) -> None:
    session, cold = Stepwise(), Stepwise()
    result = run(asked=EACH, session=session, profile=WARM, cases=12)
    assert run(asked=EACH, session=cold, cases=12).verdicts == result.verdicts
    assert not any(cold.starts)
    assert not session.starts[0]  # the recording
    assert 0 < sum(session.starts) < len(session.starts) - result.homes
    before = Stepwise()
    late = msgspec.structs.replace(EACH, steps=[Step(do="migrate"), *EACH.steps])
    run(asked=late, session=before, profile=WARM, cases=1)
    assert before.starts[0] is False


def test_a_case_that_fails_in_a_warm_start_alone_is_no_failure_and_from_there_on_all_start_cold(
    run: Run,
) -> None:
    session = Stepwise(spoilt=True)
    result = run(asked=EACH, session=session, profile=WARM, cases=8)
    assert result.status is Status.PASS
    assert "fail in a warm start, pass in a cold one" in result.notes[0]
    assert any("in a warm start" in line for line in scenario_lines(result, ""))
    first = session.starts.index(True)
    assert not any(session.starts[first + 4 :])


def test_one_who_fails_in_a_cold_start_too_is_blamed_for_that(run: Run) -> None:
    result = run(asked=EACH, session=Stepwise(course=trusts_what_is_there), profile=WARM)
    assert (result.status, result.faults) == (Status.FAIL, ("kill@1",))
    folder = RunFolder.open(Path(result.folder))
    assert "warm" not in load(folder.path / "smallest", folder.blobs).draft
    folder.close()


def test_the_same_command_is_begun_once_more_at_each_operation_and_both_ends_are_judged(run: Run) -> None:
    twice = asked(Step(do="migrate", during="another-run"), home={"numbers": 4})
    result = run(asked=twice, session=Stepwise(), cases=4)
    assert (result.status, result.kills.landed) == (Status.PASS, len(result.verdicts))
    folder = RunFolder.open(Path(result.folder))
    paired = [history.events[0] for _, history in folder.histories()]
    folder.close()
    assert {(event.outcome, event.kill and event.kill.another) for event in paired} == {("refused", "done")}
    failed = run(asked=twice, session=Stepwise(after_another=5), cases=4)
    assert failed.status is Status.FAIL
    assert failed.verdicts[-1].failed == ("one-run-at-a-time",)
    assert failed.faults == ("another-run@0",)
    again = run(asked=twice, session=Stepwise(after_another=5), faults=[fault_of("another-run@0")])
    assert again.faults == ("another-run@0",)


def test_a_sample_of_stated_size_is_the_same_for_the_same_seed(run: Run) -> None:
    few = asked(Step(do="migrate", kill="each-write", points=1), home={"numbers": 4})
    first, second = (run(asked=few, session=Stepwise(), cases=8) for _ in range(2))
    assert len(first.verdicts) <= first.homes == 8
    told = [result.kills for result in (first, second)]
    assert told[0] == told[1]


def test_a_fault_that_does_not_come_about_makes_the_case_void(run: Run) -> None:
    result = run(asked=EACH, session=Stepwise(unsteady=True), cases=3)
    assert result.status is Status.UNKNOWN
    assert all(verdict.status is Status.UNKNOWN for verdict in result.verdicts)


def test_where_programs_cannot_be_supervised_there_is_no_case_and_a_note_says_so(run: Run) -> None:
    result = run(asked=EACH, session=Stepwise(supervises=False))
    assert (result.status, result.verdicts) == (Status.UNKNOWN, ())
    assert "x86-64" in result.notes[0]
    assert run(session=InMemory(supervises=False), cases=2).status is Status.PASS


def test_errors_are_tried_each_once_and_lasting(run: Run) -> None:
    each = asked(Step(do="migrate", error="each"), home={"numbers": 2})
    result = run(asked=each, session=Stepwise(), cases=4)
    assert result.status is Status.PASS, result.notes
    assert result.kills.errors == result.kills.tried == result.kills.landed
    assert "faults landed" in next(scenario_lines(result, ""))


def test_another_clock_is_no_reason_to_end_otherwise(run: Run) -> None:
    stepped = asked(Step(do="migrate", clock="each"), home={"numbers": 2})
    result = run(asked=stepped, session=Stepwise(), cases=4)
    assert (result.status, result.kills.landed) == (Status.PASS, len(result.verdicts))
    failed = run(asked=stepped, session=Stepwise(timeless=False))
    assert failed.smallest is not None
    assert "ends-as-expected" in failed.smallest.failed
    assert failed.faults[0].startswith("clock-")
    again = run(asked=stepped, session=Stepwise(timeless=False), faults=[fault_of(failed.faults[0])])
    assert again.faults == failed.faults


def test_one_who_says_success_over_an_error_fails(run: Run) -> None:
    each = asked(Step(do="migrate", error="each"), home={"numbers": 2})
    result = run(asked=each, session=Stepwise(hides=True))
    assert result.smallest is not None
    assert "no-loss" in result.smallest.failed


def test_faults_of_several_steps_multiply(run: Run) -> None:
    twice = [Step(do="migrate", kill="each-write"), Step(do="migrate", kill="each-write"), Step(do="migrate")]
    result = run(asked=nested(*twice, numbers=3), session=Stepwise(), cases=5)
    assert result.status is Status.PASS
    faults = faults_of_cases(RunFolder.open(Path(result.folder)))
    assert len(faults) > len({first for first, _ in faults}) > 1


def takes_back_what_is_there(verb: str, home: Home) -> list[Home]:
    return [] if verb == "rollback" and not home.get("target.json") else row_by_row(verb, home)


def faults_of_cases(folder: RunFolder) -> list[list[str]]:
    found = [
        [event.kill.fault for event in history.events if event.kill] for _, history in folder.histories()
    ]
    folder.close()
    return found


def nested(*steps: Step, numbers: int) -> Scenario:
    return Scenario(
        summary="s", system="toy", shows=["X-01"], name="toy", steps=list(steps), home={"numbers": numbers}
    )


def test_a_later_step_that_has_nothing_to_do_is_run_as_it_is(run: Run) -> None:
    each: Any = {"kill": "each-write"}
    steps = [Step(do="migrate", **each), Step(do="rollback", **each), Step(do="migrate")]
    result = run(asked=nested(*steps, numbers=3), session=Stepwise(course=takes_back_what_is_there), cases=6)
    assert result.status is Status.PASS
    faults = faults_of_cases(RunFolder.open(Path(result.folder)))
    assert ["kill@0"] in faults  # it left nothing that could be taken back
    assert any(len(befell) == 2 for befell in faults)


def test_what_several_faults_leave_alike_is_gone_on_from_once(run: Run) -> None:
    steps = [Step(do="migrate", error="each"), Step(do="migrate", kill="each-write"), Step(do="migrate")]
    result = run(asked=nested(*steps, numbers=4), session=Stepwise(), cases=6)
    faults = faults_of_cases(RunFolder.open(Path(result.folder)))
    assert {first.partition("@")[0] for first, _ in faults} == {"ENOSPC"}
    alone = run(asked=nested(steps[0], steps[2], numbers=4), session=Stepwise(), cases=6)
    assert {"EIO", "EROFS"} < {
        befell[0].partition("@")[0] for befell in faults_of_cases(RunFolder.open(Path(alone.folder)))
    }


def test_every_fault_is_every_one_of_the_first_step_that_has_some() -> None:
    first = Step(do="rollback", power="strict", points=3)
    scenario = nested(Step(do="migrate"), first, Step(do="rollback", error="each", points=2), numbers=1)
    assert [step.points for step in scenario.with_every_fault().steps] == [0, 0, 2]


def test_where_only_one_fault_is_asked_for_each_home_meets_it_once(run: Run) -> None:
    result = run(asked=EACH, session=Stepwise(), cases=8, faults=[Fault("kill", 0)])
    assert 0 < len(result.verdicts) <= 8
    assert exactly([Fault("kill", 0)]).exact


def test_a_fault_for_which_no_home_has_an_operation_is_unknown_and_says_so(run: Run) -> None:
    result = run(asked=EACH, session=Stepwise(), cases=3, faults=[Fault("kill", 99)])
    assert result.status is Status.UNKNOWN
    assert result.notes == (
        "kill@99 cannot come about: the step has no such operation on any of these homes",
    )


def test_a_fault_without_a_step_that_meets_it_is_refused(run: Run) -> None:
    plain = asked(Step(do="migrate"))
    with pytest.raises(ScenarioError, match="no step that meets faults, and 1 named"):
        run(asked=plain, session=Stepwise(), faults=[Fault("kill", 0)])
    with pytest.raises(ScenarioError, match="1 step that meets faults, and 2 named"):
        run(asked=EACH, session=Stepwise(), faults=[Fault("kill", 0), Fault("kill", 1)])


@pytest.mark.parametrize(
    "label",
    [
        "kill@0",
        "short@12",
        "ENOSPC@3",
        "EROFS@3+",
        "strict@4:drop12",
        "ext4@4:all",
        "legacy-new-session@5",
        "clock-3600@7",
    ],
)
def test_a_fault_is_written_as_it_is_read(label: str) -> None:
    assert str(fault_of(label)) == label


@pytest.mark.parametrize("label", ["", "kill", "kill@x", "EWHAT@3", "kill@-1"])
def test_what_is_no_fault_is_refused_with_an_example(label: str) -> None:
    with pytest.raises(FaultError, match="kill@7"):
        fault_of(label)


def test_errors_come_only_from_calls_that_can_give_them() -> None:
    recording = Recording(
        (Operation("unlink", ("a",)), Operation("write", ("a",)), Operation("chmod", ("a",))), {}
    )
    found = {name: {fault.at for fault in recording.errors() if fault.error == name} for name in ERRORS}
    assert found == {
        "ENOSPC": {1},
        "EIO": {0, 1, 2},
        "EACCES": {0},
        "EMFILE": set(),
        "EINTR": {1},
        "EROFS": {0, 1, 2},
    }
    assert all(not fault.sticky for fault in recording.errors() if fault.error == "EINTR")


def test_what_others_did_is_told_file_by_file_and_more_than_files_is_refused() -> None:
    before = Home.empty("/home/u").with_file("gone", b"").with_file("changed", b"a", mode=0o600)
    after = before.without("gone").with_file("changed", b"b", mtime_ns=7).with_file("new/file", b"c")
    assert files_between(before, after) == [
        ("changed", "file", b"b".hex(), 0o600, 7),
        ("gone", "gone", "", 0, 0),
        ("new", "dir", "", 0o755, 0),
        ("new/file", "file", b"c".hex(), 0o644, 0),
    ]
    with pytest.raises(ScenarioError, match="changed: changed in"):
        files_between(before, before.with_link("changed", "elsewhere"))


def test_likeness_overlooks_numbers_and_folders() -> None:
    one, other = (Operation("rename", (f"x/{n}/run-{n}.db", None)) for n in ("0001", "77fa2"))
    assert one.likeness == other.likeness == "rename run-#.db "


@pytest.mark.parametrize(
    "step", ['kill = "each-write", error = "each"', 'kill = "random", points = 3', 'fault = "kill@x"']
)
def test_a_step_with_faults_that_do_not_go_together_is_refused(step: str, tmp_path: Path) -> None:
    path = tmp_path / "toy.toml"
    path.write_text(f'summary = "s"\nsystem = "toy"\nshows = []\nsteps = [{{ do = "migrate", {step} }}]\n')
    with pytest.raises(ScenarioError):
        load_scenario(path)


def test_counts_of_faults_add_up() -> None:
    assert Kills(1, 1, 1, 1) + Kills(2, 1, 0, 0) == Kills(3, 2, 1, 1)
