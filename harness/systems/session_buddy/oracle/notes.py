"""What a report must note of the database as a whole: times and durations that count otherwise than they look."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from harness.expectation import Note
from harness.systems.session_buddy.oracle import schema
from harness.systems.session_buddy.oracle.asked import Asked
from harness.systems.session_buddy.oracle.backfills import Invocation, time_series
from harness.systems.session_buddy.oracle.database import hour_key, object_key
from harness.systems.session_buddy.oracle.instants import BUCKET, has_zone
from harness.systems.session_buddy.oracle.state import State


def notes(state: State, skills: Collection[object], asked: Asked, *, dangling: bool) -> Iterator[Note]:
    """Yields the notes that are due, `dangling` rows that refer to nothing included; those that hang on rows alone that no backfill uses may be given or not."""
    usable = [row for row in state.invocations if row.skill in skills]
    sure, open_ones = _of_rows(usable, asked), _of_rows(state.invocations, asked)
    for reason in sorted({*sure, *open_ones}):
        yield Note(state.path, "", reason, sure=reason in sure)
    for reason in [*_of_state(state, dangling=dangling), *_of_hours(state, usable, skills, asked)]:
        yield Note(state.path, "", reason)
    if _failed(state) and not _has_objects(state):
        yield Note(state.path, "", "resumed", sure=False)


def _of_rows(rows: Collection[Invocation], asked: Asked) -> set[str]:
    found = set()
    for row in rows:
        instant = asked.instant(row.at)
        if instant is not None:
            found |= {"naive-times"} if not has_zone(row.at) else set()
            found |= {"future-times"} if asked.late(instant) else set()
            found |= {"before-window"} if asked.early(instant) else set()
        if row.duration is not None and row.seconds is None:
            found.add("unusable-duration")
    return found


def _of_state(state: State, *, dangling: bool) -> Iterator[str]:
    said = {row["version"] for row in state.tables["skill_migrations"].values() if row["success"] == 1}
    if schema.V1 not in said:
        yield "v1-row-missing"
    if state.violations or dangling:
        yield "foreign-key-violations"
    if not state.recorded and _has_objects(state):
        yield "resumed"
    if state.mended:
        yield "repaired"


def _has_objects(state: State) -> bool:
    there = state.tables["sqlite_master"]
    return any(object_key(shape["type"], name) in there for name, shape in schema.OBJECTS.items())


def _failed(state: State) -> bool:
    return not state.recorded and schema.V4 in state.tables["skill_migrations"]


def _of_hours(
    state: State, rows: Collection[Invocation], skills: Collection[object], asked: Asked
) -> Iterator[str]:
    """Yields what is odd about hours that were there before: not hours at all, twice there, or of no invocation."""
    series = state.tables.get("skill_time_series", {})
    aligned = {key: row for key, row in series.items() if BUCKET.fullmatch(str(row["timestamp"]))}
    if len(aligned) < len(series):
        yield "unaligned-bucket"
    names = {hour_key(row["skill_name"], row["timestamp"]) for row in aligned.values()}
    if len(names) < len(aligned):
        yield "duplicate-bucket"
    first, last = asked.window()
    inside = {name for name in names if first <= name[-19:] <= last}
    if inside - {hour_key(*key) for key in time_series(rows, skills, asked)}:
        yield "stale-bucket"
