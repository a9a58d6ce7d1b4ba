"""*Power loss*: which states a recorded run may leave on the disk when the power goes just before an operation.

Two models of a file system.  ``strict`` is what POSIX promises and no more: a file's bytes last once the file was
forced, a name once its folder was.  ``ext4`` is what that file system does: whatever is forced takes all earlier changes
of names, lengths and modes with it, these survive in order, and bytes that were not forced may be lost in any place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Literal

from harness.course import BLANK, Change, Course
from harness.home import Home

Model = Literal["strict", "ext4"]
_SECTOR = 512  # bytes that a disk writes as one
_HALVES = 2  # seeded random halves tried at each operation


@dataclass(frozen=True, slots=True)
class Survivors:
    """Which changes a crash just before operation `at` left, by number; `torn` of some only so many bytes.

    `name` says how they were chosen: ``all``, ``forced`` (only those), ``drop7`` (all but change 7), ``keep7`` (of those
    not forced only 7), ``cut7`` (the names from 7 on are lost), ``bare7`` (of those
    not forced only the names up to 7), ``half0``, ``torn512``, ``blank7`` (change 7 has made the file longer, and its bytes
    are zeros).
    """

    at: int
    name: str
    kept: frozenset[int]
    torn: tuple[tuple[int, int], ...] = ()


def survivors(course: Course, operations: int, model: Model) -> Iterator[Survivors]:
    """Yields what may survive at each operation and after the last, each choice once.

    All choices of one lost or kept change are made; of the many others two, drawn alike for the same operation.  What
    survives once the run is over counts apart: then it has said how it ended.
    """
    seen: set[tuple[frozenset[int], tuple[tuple[int, int], ...], bool]] = set()
    for at in range(operations + 1):
        issued = [number for number, change in enumerate(course.changes) if change.at < at]
        forced = forced_by(course, issued, at, model)
        open_ = [number for number in issued if number not in forced]
        for found in _choices(course, at, frozenset(forced), open_, model=model):
            key = (found.kept, found.torn, at == operations)
            if key not in seen:
                seen.add(key)
                yield found


def forced_by(course: Course, issued: list[int], at: int, model: Model) -> set[int]:
    """Returns of the changes that were issued those that are sure to be on the disk before operation `at`."""
    last: dict[int | None, int] = {}
    whole: dict[int | None, int] = {}
    for force in course.forces:
        if force.at < at:
            last[force.inode] = force.at
            if not force.data_alone:
                whole[force.inode] = force.at
    everything = last.get(None, -1)
    any_force = max(last.values(), default=-1)

    def lasts(change: Change) -> bool:
        forces = whole if change.sort in {"mode", "time"} else last
        until = max(forces.get(change.owner, -1), everything)
        if model == "ext4" and change.sort != "data":
            until = any_force
        return change.forced or change.at < until

    return {number for number in issued if lasts(course.changes[number])}


def _choices(
    course: Course, at: int, forced: frozenset[int], open_: list[int], *, model: Model
) -> Iterator[Survivors]:
    everything = forced | frozenset(open_)
    yield Survivors(at, "all", everything)
    if not open_:
        return
    yield Survivors(at, "forced", forced)
    ordered = [number for number in open_ if model == "ext4" and course.changes[number].sort != "data"]
    free = [number for number in open_ if number not in ordered]
    for number in free:
        yield Survivors(at, f"drop{number}", everything - {number})
        yield Survivors(at, f"keep{number}", forced | {number} | frozenset(ordered))
    for place, number in enumerate(ordered):
        yield Survivors(at, f"cut{number}", everything - frozenset(ordered[place:]))
        yield Survivors(at, f"bare{number}", forced | frozenset(ordered[: place + 1]))
    random = Random(f"{model}/{at}")  # noqa: S311 - not for secrets
    for turn in range(_HALVES):
        half = frozenset(number for number in free if random.random() < 0.5)
        prefix = ordered[: random.randrange(len(ordered) + 1)]
        yield Survivors(at, f"half{turn}", forced | half | frozenset(prefix))
    written = [number for number in free if course.changes[number].sort == "data"]
    if model == "strict" and written:
        yield Survivors(at, f"blank{written[-1]}", everything, ((written[-1], BLANK),))
    newest = course.changes[open_[-1]]
    if newest.sort == "data" and newest.at == at - 1:
        whole = len(newest.content)
        for length in sorted({whole // 2, _SECTOR, whole - 1}):
            if 0 < length < whole:
                yield Survivors(at, f"torn{length}", everything, ((open_[-1], length),))


def state_of(course: Course, found: Survivors, pictures: Mapping[int, Home]) -> Home:
    """Returns the tree that is found when the power is back."""
    like = pictures[max((at for at in pictures if at <= found.at), default=min(pictures))]
    return course.tree(found.kept, like, dict(found.torn))


def state_key(home: Home, *, times: bool = False) -> int:
    """Returns a number that two homes share if they are the same; of times, those of files count at most."""
    told = (
        (path, e.kind, e.mode, e.digest, e.target, e.mtime_ns if times and e.kind == "file" else 0)
        for path, e in home.entries.items()
    )
    return hash(frozenset(told))
