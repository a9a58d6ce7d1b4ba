"""Steps with too little of something: how little is enough, what is tried below that, and what comes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from toy import InMemory, Run, right

from harness.fault import Fault, FaultError, fault_of
from harness.report.data import run_data
from harness.report.text import scenario_lines
from harness.sandbox.choose import Choice
from harness.sandbox.ended import Ran
from harness.scarcity import Need, largest, nearby, sampled, smallest, thinned
from harness.scenario import Scenario, Step
from harness.session_run import room_for
from harness.store import RunFolder
from harness.verdict import Status

PLENTY = 1 << 20
TOLD = json.dumps({"fired": None, "operations": [], "pictures": [], "digests": [], "sizes": [], "used": 12})


@dataclass
class Poor(InMemory):
    """A session whose migration needs so much of each sort, and below that gives up, or does as `pretends` and `spoils` say."""

    needs: Mapping[str, int] = field(default_factory=lambda: {"disk": 40, "inodes": 3, "memory": 1000})
    limits: Mapping[str, int] = field(default_factory=lambda: {"disk": 4096, "inodes": 64})
    begins: int = 800  # KiB of memory, below which no program starts
    pretends: bool = False  # says that all is well, though it was not enough
    spoils: bool = False  # takes the legacy file away when it gives up
    tried: list[tuple[str, int]] = field(default_factory=list)

    def run(
        self,
        argv: Sequence[str],
        *,
        orders: Mapping[str, Any] | None = None,
        left: Mapping[str, int] | None = None,
        **how: Any,
    ) -> Ran:
        lacks = [sort for sort, amount in (left or {}).items() if amount < self.needs[sort]]
        self.tried += [(sort, amount) for sort, amount in (left or {}).items()]
        if not lacks or argv[0] != "migrate":
            did = right(argv[0], self.home)
            self.home = did.home
            return self._ran(did.status)
        if left and left.get("memory", PLENTY) < self.begins:
            return self._ran(1)
        if self.spoils:
            self.home = self.home.with_file("legacy", b"[]")
        return self._ran(0 if self.pretends else 5)

    def _ran(self, status: int | None) -> Ran:
        return Ran(status, None, False, 0.01, b"", b"", None, told=TOLD.encode() + b"\n")


def asked(first: Step, **more: Any) -> Scenario:
    steps = [first, Step(do="migrate"), Step(do="rollback")]
    return Scenario(summary="s", system="toy", shows=["X-01"], name="toy-little", steps=steps, **more)


def amounts(session: Poor, sort: str) -> list[int]:
    return [amount for tried, amount in session.tried if tried == sort]


@pytest.mark.parametrize(
    ("step", "needs", "cases"),
    [
        (Step(do="migrate", disk="sweep"), "migrate ends well with 40 KiB free and no less", 11),
        (Step(do="migrate", inodes="sweep"), "migrate ends well with 3 files that can be made and no fewer", 4),
        (Step(do="migrate", memory="sweep"), "migrate ends well with 1008 KiB of memory (RLIMIT_DATA) and no fewer", 12),
    ],
)  # fmt: skip
def test_each_amount_below_the_need_is_tried_and_just_enough(
    run: Run, step: Step, needs: str, cases: int
) -> None:
    result = run(asked=asked(step), session=Poor(), cases=1)
    assert (result.status, len(result.verdicts)) == (Status.PASS, cases), result.notes
    assert needs in str(result.needs[0])
    assert result.kills.landed == result.kills.tried == cases - 1  # just enough is an ordinary run
    assert any(needs in line for line in scenario_lines(result, ""))


def test_no_program_has_to_be_supervised_for_it(run: Run) -> None:
    result = run(asked=asked(Step(do="migrate", disk="sweep")), session=Poor(supervises=False), cases=1)
    assert (result.status, result.needs[0].amount, result.needs[0].used) == (Status.PASS, 40, None)


def test_a_disk_that_fills_up_in_the_middle_needs_supervision(run: Run) -> None:
    result = run(asked=asked(Step(do="migrate", disk="fills")), session=Poor(supervises=False), cases=1)
    assert (result.status, result.verdicts) == (Status.UNKNOWN, ())


def test_where_the_homes_have_no_disk_of_their_own_there_is_no_case_and_a_note_says_so(run: Run) -> None:
    result = run(asked=asked(Step(do="migrate", disk="sweep")), session=Poor(limits={}), cases=1)
    assert (result.status, result.verdicts) == (Status.UNKNOWN, ())
    assert "the sandbox bare" in result.notes[0]
    memory = run(asked=asked(Step(do="migrate", memory="sweep")), session=Poor(limits={}), cases=1)
    assert memory.status is Status.PASS


def test_one_who_swallows_a_full_disk_and_says_success_is_caught(run: Run) -> None:
    only = asked(Step(do="migrate", disk="sweep"), claims=["no-loss"])
    result = run(asked=only, session=Poor(pretends=True))
    assert result.smallest is not None
    assert "no-loss" in result.smallest.failed
    assert result.faults == ("disk@0",)


def test_one_who_dies_after_it_took_the_source_away_is_caught_and_the_case_can_be_repeated(run: Run) -> None:
    little = asked(Step(do="migrate", memory="sweep", points=3))
    result = run(asked=little, session=Poor(spoils=True))
    assert result.status is Status.FAIL
    again = Poor(spoils=True)
    repeated = run(asked=little, session=again, faults=[fault_of(name) for name in result.faults])
    assert repeated.status is Status.FAIL
    assert {f"memory@{amount}" for amount in amounts(again, "memory")} == set(result.faults)


def test_an_amount_that_is_enough_makes_an_ordinary_case(run: Run) -> None:
    result = run(
        asked=asked(Step(do="migrate", disk="sweep")), session=Poor(), cases=1, faults=[fault_of("disk@44")]
    )
    assert (result.status, result.kills.tried) == (Status.PASS, 0)


def test_a_step_that_needs_nothing_is_tried_with_nothing(run: Run) -> None:
    session = Poor(needs={"disk": 0, "inodes": 0, "memory": 0})
    result = run(asked=asked(Step(do="migrate", disk="sweep")), session=session, cases=1)
    assert (result.status, len(result.verdicts), result.needs[0].amount) == (Status.PASS, 1, 0)


def test_one_that_does_not_end_well_with_all_there_is_has_no_need(run: Run) -> None:
    step = asked(Step(do="migrate", disk="sweep"))
    session = Poor(distort=lambda home: home.with_file("lock", b""))
    result = run(asked=step, session=session, cases=1)
    assert (result.status, result.needs) == (Status.UNKNOWN, ())


def test_a_case_is_kept_with_what_was_lacking(run: Run) -> None:
    result = run(asked=asked(Step(do="migrate", disk="sweep", points=2)), session=Poor(), cases=1)
    folder = RunFolder.open(Path(result.folder))
    first = next(iter(folder.histories()))[1].events[0]
    folder.close()
    assert first.kill is not None
    assert (first.kill.fault, first.kill.operation, first.kill.lack) == ("disk@36", "36 KiB left", True)
    assert first.killed


def test_the_need_is_in_the_data_of_a_run(run: Run) -> None:
    result = run(asked=asked(Step(do="migrate", disk="sweep")), session=Poor(), cases=1)
    (need,) = run_data(result, "")["needs"]
    assert need == {
        "step": 0, "do": "migrate", "of": "disk", "amount": 40, "home": 4, "used": 12, "unit": "KiB", "ratio": 10.0,
    }  # fmt: skip
    assert "at most 12 KiB of it are in use at once" in str(result.needs[0])


@pytest.mark.parametrize("enough", range(41))
@pytest.mark.parametrize("grain", [1, 4])
def test_the_smallest_amount_is_found(enough: int, grain: int) -> None:
    found = smallest(lambda amount: amount >= enough, 0, 40, grain)
    assert found == -(-enough // grain) * grain


def test_of_very_many_amounts_some_are_tried_from_the_first_to_the_last() -> None:
    found = thinned(range(0, 100_000, 4), 256)
    assert (found[0], found[-1], len(found)) == (0, 99_996, 256)
    assert thinned([1, 2], 256) == [1, 2]


def test_a_sample_has_just_enough_and_nearly_enough() -> None:
    found = [Fault("disk", amount) for amount in range(0, 400, 4)]
    for seed in range(9):
        chosen = sampled(found, 4, Random(seed))
        assert chosen == sorted(set(chosen), key=found.index)
        assert (len(chosen), chosen[-2:]) == (4, found[-2:])
    assert sampled(found, 0, Random(0)) == found
    assert sampled(found, 1, Random(0)) == found[-1:]


def test_on_a_smaller_home_the_same_amount_is_tried_and_some_others() -> None:
    found = [Fault("disk", amount) for amount in range(0, 400, 4)]
    chosen = nearby(found, Fault("disk", 8))
    assert (chosen[0], len(chosen)) == (Fault("disk", 8), 7)
    assert {found[0], found[-1]} < set(chosen)
    assert nearby([], Fault("disk", 8)) == []


def test_the_largest_need_of_each_step_is_told() -> None:
    needs = [
        Need(0, "migrate", "disk", 8, 4),
        Need(0, "migrate", "disk", 12, 4),
        Need(1, "rollback", "disk", 0, 0),
    ]
    assert largest(needs) == (needs[1], needs[2])
    assert str(needs[2]) == "rollback ends well with 0 KiB free and no less"


def test_faults_of_scarcity_are_written_as_they_are_read() -> None:
    for label in ("disk@96", "inodes@0", "memory@1008", "full@7"):
        assert str(fault_of(label)) == label
    with pytest.raises(FaultError, match="full@7, disk@7"):
        fault_of("disk@")


def test_a_step_lacks_one_thing_at_a_time() -> None:
    with pytest.raises(ValueError, match="disk and memory"):
        Step(do="migrate", disk="sweep", memory="sweep")
    assert not Step(do="migrate", fault="disk@8").supervised
    assert Step(do="migrate", fault="full@8").supervised
    assert Step(do="migrate", disk="fills").supervised


def test_a_scenario_that_fills_the_disk_has_a_small_one_and_bwrap_is_left_where_files_are_counted() -> None:
    bwrap = Choice("bubblewrap", lambda **_: None)  # type: ignore[arg-type, return-value]
    plain, disk, files = (
        asked(step)
        for step in (
            Step(do="migrate"),
            Step(do="migrate", disk="sweep"),
            Step(do="migrate", inodes="sweep"),
        )
    )
    assert room_for(plain, "auto", bwrap) == (bwrap, {})
    assert room_for(disk, "auto", bwrap) == (bwrap, {"home_mb": 128, "home_files": 4096})
    assert room_for(files, "bubblewrap", bwrap)[0] is bwrap
    assert room_for(files, "embedded", bwrap)[0].level in {"namespaces", "bubblewrap"}
