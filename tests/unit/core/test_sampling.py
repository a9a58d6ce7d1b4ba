"""A few of many faults: all along the run, of every sort, the first and the last always."""

from __future__ import annotations

from random import Random

import pytest

from harness.fault import Fault, Operation, Recording
from harness.sampling import passages, sample

OPERATIONS = tuple(
    Operation(name, (f"{place}.part",))
    for place in "abcdefgh"
    for name in ("open", "write", "write", "write", "fsync")
)
RUN = Recording(OPERATIONS, {})
KILLS = [Fault("kill", number) for number in range(len(OPERATIONS))]


@pytest.mark.parametrize("points", [2, 3, 5, 12, 39])
def test_a_sample_has_its_size_the_first_and_the_last_fault_and_their_order(points: int) -> None:
    for seed in range(20):
        chosen = sample(KILLS, RUN, points, Random(seed))
        assert len(chosen) == len(set(chosen)) == points
        assert (chosen[0], chosen[-1]) == (KILLS[0], KILLS[-1])
        assert chosen == sorted(chosen, key=KILLS.index)


def test_all_are_tried_where_there_are_no_more_than_that() -> None:
    assert sample(KILLS, RUN, len(KILLS), Random(0)) == KILLS
    assert sample(KILLS[:1], RUN, 5, Random(0)) == KILLS[:1]


def test_one_point_may_be_any() -> None:
    assert len({sample(KILLS, RUN, 1, Random(seed))[0] for seed in range(40)}) > 1


def test_the_same_seed_stands_for_the_same_sample_and_another_for_another() -> None:
    first, again, other = (sample(KILLS, RUN, 6, Random(seed)) for seed in (1, 1, 2))
    assert first == again != other


def test_operations_on_one_file_that_follow_one_another_are_one_passage_and_forcing_it_is_another() -> None:
    found = passages(KILLS, RUN)
    assert len(found) == 16
    assert [fault.at for fault in found[0]] == [0, 1, 2, 3]


def test_a_sample_of_as_many_as_there_are_passages_leaves_none_out() -> None:
    chosen = sample(KILLS, RUN, 16, Random(3))
    assert sum(any(fault in chosen for fault in passage) for passage in passages(KILLS, RUN)) >= 15


def test_every_error_of_the_calls_that_tell_most_is_in_a_sample_that_has_room_for_them() -> None:
    chosen = sample(list(RUN.errors()), RUN, 60, Random(0))
    assert {fault.error for fault in chosen} >= {"ENOSPC", "EIO", "EROFS", "EINTR"}
    assert {fault.sticky for fault in chosen} == {True, False}


def test_errors_come_first_to_the_calls_that_write_and_force_files() -> None:
    chosen = sample(list(RUN.errors()), RUN, 12, Random(0))
    assert {RUN.at(fault.at).name for fault in chosen[1:]} == {"write", "fsync"}


def test_states_of_what_was_forced_alone_come_before_the_others() -> None:
    names = ["all", "forced", "drop1", "drop2", "torn3"]
    found = [Fault("power", at, model="strict", state=name) for at in range(40) for name in names]
    chosen = sample(found, RUN, 10, Random(0))
    assert sum(fault.state == "forced" for fault in chosen) >= 5
    assert {fault.state.rstrip("0123456789") for fault in chosen} == {"all", "forced", "drop", "torn"}
