"""Which of very many faults are tried: all along a run, of every sort, and the first and the last always.

A run writes many pieces of the same file one after the other; a mistake lies between two files.  So operations on the same
paths that follow one another are one *passage*, and a sample takes its faults from as many passages as it can.  Errors come
to single calls, most of them to those that write, force or rename a file: whoever passes an error over, does it there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise
from random import Random
from typing import TypeVar

from harness.fault import Fault, Recording

T = TypeVar("T")
_TELLING = frozenset({"write", "pwrite", "writev", "sendfile", "copy", "fsync", "rename", "link", "truncate"})
_OWN = frozenset(
    {"rename", "link", "unlink", "mkdir", "fsync"}
)  # after these the tree, or what lasts of it, is another
# States that a kill leaves as well, and those of one file alone, are tried less than others.
_HEAVY = {"all": 2, "torn": 1}


def sample(found: Sequence[Fault], recording: Recording, points: int, random: Random) -> list[Fault]:
    """Returns so many of the faults, in their order; the same for the same state of `random`.

    Of losses of power, states that hold what was forced and nothing else come first, up to half: where everything is forced
    in time there are none, for they are the same as an earlier one.
    """
    if points >= len(found):
        return list(found)
    if points == 1:
        return [random.choice(found)]
    bare = [fault for fault in found if fault.state == "forced"]
    chosen = {found[0], found[-1], *_spread(bare, min(len(bare), points // 2), random)}
    chosen = chosen if len(chosen) <= points else {found[0], found[-1]}
    used = Counter(_HEAVY) + Counter(map(_sort, chosen))
    while len(chosen) < points:
        left = [fault for fault in found if fault not in chosen]
        for passage in _spread(_first(passages(left, recording), recording), points - len(chosen), random):
            least = min(used[_sort(fault)] for fault in passage)
            one = random.choice([fault for fault in passage if used[_sort(fault)] == least])
            used[_sort(one)] += 1
            chosen.add(one)
    return sorted(chosen, key=found.index)


def passages(found: Sequence[Fault], recording: Recording) -> list[list[Fault]]:
    """Returns the faults, in their order, by the passage that their operation belongs to."""

    def passage(fault: Fault) -> tuple[str, tuple[str | None, ...], int]:
        operation = recording.at(fault.at)
        own = operation.name in _OWN
        told = own or fault.kind == "error"
        return (operation.name if told else "", operation.paths, fault.at if own else -1)

    return [list(together) for _, together in groupby(found, key=passage)]


def _first(found: list[list[Fault]], recording: Recording) -> list[list[Fault]]:
    """Returns of the passages where errors come those that tell most, while there are any; otherwise all."""
    folders = {(path or "").rpartition("/")[0] or "." for one in recording.operations for path in one.paths}

    def tells(fault: Fault) -> bool:
        operation = recording.at(fault.at)
        return operation.name in _TELLING and not (
            operation.name == "fsync" and operation.paths[0] in folders
        )

    telling = [passage for passage in found if tells(passage[0])]
    return telling if telling and found[0][0].kind == "error" else found


def _sort(fault: Fault) -> str:
    return fault.state.rstrip("0123456789") if fault.kind == "power" else str(fault.but_place())


def _spread(things: Sequence[T], count: int, random: Random) -> list[T]:
    """Returns so many of the things, or all: one from each of as many equal parts, the first and the last among them."""
    if count >= len(things):
        return list(things)
    if count <= 1:
        return [random.choice(things)] if count else []
    width = (len(things) - 2) / (count - 2) if count > 2 else 0
    edges = [1 + round(width * place) for place in range(count - 1)]
    inner = [things[random.randrange(low, high)] for low, high in pairwise(edges)]
    return [things[0], *inner, things[-1]]
