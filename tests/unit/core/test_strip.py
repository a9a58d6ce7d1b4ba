"""What faults came to: sums by layer, and a character for each operation of the run."""

from __future__ import annotations

from handwritten import event, home

from harness.fault import Fault
from harness.history import Kill
from harness.strip import (
    Listed,
    Tried,
    layers,
    listed_of,
    strip_lines,
    strip_of,
    tried_of,
)
from harness.verdict import Status

KILLS = [Fault("kill", number) for number in range(4)]
POWER = Fault("power", 4, model="strict", state="forced")
TRIED = [
    Tried(1, KILLS[0], True, Status.PASS),
    Tried(1, KILLS[2], True, Status.FAIL),
    Tried(1, KILLS[3], False, Status.UNKNOWN),
    Tried(1, POWER, True, Status.PASS),
]


def test_each_operation_has_its_worst_verdict_and_the_end_comes_last() -> None:
    assert strip_of(4, TRIED) == "+.X?+"
    assert strip_of(4, [*TRIED, Tried(1, KILLS[0], True, Status.FAIL)])[0] == "X"


def test_a_fault_that_did_not_come_about_is_void_even_if_all_held() -> None:
    assert strip_of(1, [Tried(1, KILLS[0], False, Status.PASS)]) == "?."
    (layer,) = layers([], [Tried(1, KILLS[0], False, Status.PASS)])
    assert (layer.tried, layer.fired, layer.void, layer.bad) == (1, 0, 1, 0)


def test_sums_are_by_layer_and_models_and_lasting_errors_are_layers_of_their_own() -> None:
    lasting = Fault("error", 1, "EIO", sticky=True)
    listed = listed_of("migrate", 4, [*KILLS, POWER, lasting])
    found = {layer.name: layer for layer in layers([listed], [*TRIED, Tried(1, lasting, True, Status.PASS)])}
    assert found.keys() == {"kill", "power strict", "error lasting"}
    kill = found["kill"]
    assert (kill.listed, kill.tried, kill.fired, kill.void, kill.bad) == (4, 3, 2, 1, 1)


def test_a_case_fired_where_the_step_that_it_befell_says_so() -> None:
    before = home()
    fired = event(before, kill=Kill(0.0, True, None, "kill@2", "write a"))
    missed = event(before, kill=Kill(0.0, False, None, "kill@2", ""))
    assert tried_of(1, KILLS[2], [fired], Status.PASS).fired
    assert not tried_of(1, KILLS[2], [missed], Status.PASS).fired
    assert not tried_of(1, KILLS[1], [fired], Status.PASS).fired


def test_the_lines_tell_the_sums_the_legend_and_the_strip_in_short_lines() -> None:
    listed = Listed("migrate", 100, (("kill", 101),))
    lines = list(strip_lines([listed], [Tried(1, Fault("kill", 90), True, Status.PASS)]))
    assert lines[0] == "  kill: 101 points, 1 tried, 1 fired, 0 bad"
    assert lines[1].startswith("  migrate, 100 operations: + held")
    assert lines[2].split()[0] == "0"
    assert lines[3] == "     80 " + "." * 10 + "+" + "." * 10
    assert list(strip_lines([], [])) == []


def test_only_the_first_home_is_shown() -> None:
    listed = [Listed("migrate", 4, (("kill", 4),))] * 2
    other = Tried(2, KILLS[1], True, Status.FAIL)
    assert "+.X?+" in list(strip_lines(listed, [*TRIED, other]))[-1]
