"""What faults came to: for each layer the points that there are, those tried, fired and void, and a *strip* of the run.

A strip has a character for each operation of the step that meets faults, and one for its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.fault import Fault
from harness.history import Event
from harness.verdict import Status

PASSED, FAILED, VOID, UNTRIED = "+", "X", "?", "."
LEGEND = f"{PASSED} held, {FAILED} failed, {VOID} void or unknown, {UNTRIED} not tried; the last is the end"
_WEIGHT = (UNTRIED, PASSED, VOID, FAILED)
_WIDTH = 80  # operations on a line


@dataclass(frozen=True, slots=True)
class Listed:
    """A recorded step: its verb, how many operations it has, and how many faults of each layer there are."""

    do: str
    operations: int
    layers: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """One case: the first fault in it, whether it came about, and the verdict."""

    home: int
    fault: Fault
    fired: bool
    status: Status


@dataclass(frozen=True, slots=True)
class Layer:
    """Sums for one way of injecting faults: points that there are, tried, fired, void; cases with findings."""

    name: str
    listed: int
    tried: int
    fired: int
    void: int
    bad: int


def layer_of(fault: Fault) -> str:
    """Returns the layer that a fault belongs to: its kind, and of a loss of power the model."""
    if fault.kind == "power":
        return f"power {fault.model}"
    return f"error {'lasting' if fault.sticky else 'once'}" if fault.kind == "error" else fault.kind


def listed_of(do: str, operations: int, found: Sequence[Fault]) -> Listed:
    """Returns what is listed for a step with these faults."""
    counts: dict[str, int] = {}
    for fault in found:
        counts[layer_of(fault)] = counts.get(layer_of(fault), 0) + 1
    return Listed(do, operations, tuple(sorted(counts.items())))


def tried_of(home: int, fault: Fault, events: Iterable[Event], status: Status) -> Tried:
    """Returns the case that these events make; the fault fired where the step that it befell says so."""
    fired = any(event.kill and event.kill.landed and event.kill.fault == str(fault) for event in events)
    return Tried(home, fault, fired, status)


def layers(listed: Iterable[Listed], tried: Sequence[Tried]) -> list[Layer]:
    """Returns the sums over all homes, by layer."""
    counts: dict[str, int] = {}
    for one in listed:
        for name, count in one.layers:
            counts[name] = counts.get(name, 0) + count
    rows: list[Layer] = []
    for name in sorted(counts.keys() | {layer_of(one.fault) for one in tried}):
        own = [one for one in tried if layer_of(one.fault) == name]
        bad = sum(one.status is Status.FAIL for one in own)
        fired = sum(one.fired for one in own)
        listed_here = max(counts.get(name, 0), len(own))
        rows.append(Layer(name, listed_here, len(own), fired, len(own) - fired, bad))
    return rows


def strip_of(operations: int, tried: Iterable[Tried]) -> str:
    """Returns the worst verdict at each operation, and at the end."""
    marks = [UNTRIED] * (operations + 1)
    for one in tried:
        held = PASSED if one.status is Status.PASS else FAILED if one.status is Status.FAIL else VOID
        mark = held if one.fired or held == FAILED else VOID
        place = min(one.fault.at, operations)
        marks[place] = max(marks[place], mark, key=_WEIGHT.index)
    return "".join(marks)


def strip_lines(listed: Sequence[Listed], tried: Sequence[Tried]) -> Iterator[str]:
    """Yields a line for each layer, then the strip of the first home."""
    if not listed or not tried:
        return
    for row in layers(listed, tried):
        void = f", {row.void} void" if row.void else ""
        yield f"  {row.name}: {row.listed} points, {row.tried} tried, {row.fired} fired{void}, {row.bad} bad"
    first = listed[0]
    strip = strip_of(first.operations, [one for one in tried if one.home == tried[0].home])
    yield f"  {first.do}, {first.operations} operations: {LEGEND}"
    for start in range(0, len(strip), _WIDTH):
        yield f"  {start:5} {strip[start : start + _WIDTH]}"
