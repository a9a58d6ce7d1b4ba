"""The one right result of ``migrate`` on a home: version 4 beside an untouched version 3, filled up to one instant."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from harness.expectation import Expectation, Fate, Note
from harness.home import Home
from harness.records import OneOf, Record, Some, Table, same_value
from harness.sqlite_copy import SUFFIXES
from harness.systems.session_buddy.model import AS_OF
from harness.systems.session_buddy.oracle import backfills, schema, taxonomy
from harness.systems.session_buddy.oracle.asked import Asked, asked_of
from harness.systems.session_buddy.oracle.database import CHECKSUM, LATER, hour_key, object_key
from harness.systems.session_buddy.oracle.imported import export_of, put_back
from harness.systems.session_buddy.oracle.instants import stamp_of
from harness.systems.session_buddy.oracle.notes import notes
from harness.systems.session_buddy.oracle.soundness import dangling, row_problems
from harness.systems.session_buddy.oracle.state import State, state_of
from harness.systems.session_buddy.oracle.written import Rows

MIGRATED = frozenset(
    {
        "skill_migrations",
        "skill_categories",
        "skill_modalities",
        "skill_dependencies",
        "skill_time_series",
        "skill_community_baselines",
        "sqlite_master",
    }
)
"""The tables that a migration writes to."""


def expect(home: Home, conditions: frozenset[str] = frozenset(), *, as_of: datetime = AS_OF) -> Expectation:
    """Returns the state that a right migration of the home must leave, and the fate of each record.

    What a home cannot show is said by the conditions: ``locked``, that something has the database open; and what the
    migrator does not claim to do, or is asked for, see `asked`.
    """
    asked = asked_of(conditions, as_of)
    state = state_of(home, asked)
    refusals = state.refusals | ({"DB_LOCKED"} if "locked" in conditions and state.path else set())
    export = export_of(home, asked.export) if asked.export else {}
    refusals |= {"EXPORT_INVALID"} if export is None else set()
    if refusals or export is None:
        return Expectation(refusals=refusals, tables=state.tables, record_tables=MIGRATED, row_each=False)
    rows = Rows({**state.tables})
    complete = state.recorded and not state.mended
    if not complete:
        _record(rows, recorded=state.recorded, checksum=asked.checksum)
    fates = [Fate("schema", f"{state.path}#schema", schema.V4, "present" if complete else "migrated")]
    skills = {row["skill_name"] for row in state.tables["skill_metrics"].values()}
    came, left_out = put_back(rows, export)
    for table, stays in came.items():
        fates.append(
            Fate("import", f"{state.path}#import/{table}", table, "migrated" if stays else "present")
        )
    brought = frozenset(row_problems(rows.tables)) if came else frozenset()
    series = rows.tables.get("skill_time_series", {})
    there = replace(state, tables={**state.tables, "skill_time_series": series})
    if asked.taxonomy != "none":
        fates += _taxonomy(rows, state, skills, asked)
    defects = frozenset(_dangling(rows.tables, skills))
    due = None
    if asked.backfill:
        fates += _backfills(rows, state, skills, asked)
        fates += _unusable(state, skills, asked)
        due = frozenset(notes(there, skills, asked, dangling=bool(defects)))
        due |= {Note(state.path, "", "import-incomplete")} if left_out else set()
    return Expectation(
        tables=rows.tables,
        writable=frozenset(state.path + suffix for suffix in SUFFIXES),
        fates=tuple(fates),
        notes=due,
        defects=defects | brought,
        kept=_kept(state),
        record_tables=MIGRATED,
        row_each=False,
    )


def _kept(state: State) -> frozenset[str]:
    """Returns the tables whose rows stay as they are: all but those that backfills update, and a failure's record."""
    failed = not state.recorded and schema.V4 in state.tables["skill_migrations"]
    updated = {"skill_dependencies", "skill_time_series", "skill_community_baselines"}
    remade = {"sqlite_master"} if state.mended else set()
    return frozenset(state.tables) - updated - remade - ({"skill_migrations"} if failed else set())


def _record(rows: Rows, *, recorded: bool, checksum: bool) -> None:
    """Enters version 4 itself: its objects, and its line in the bookkeeping, where that is not there."""
    for name, shape in schema.OBJECTS.items():
        rows.put("sqlite_master", object_key(shape["type"], name), shape)
    for name in schema.TABLES:
        rows.tables.setdefault(name, {})
    if recorded:
        return
    line = {
        "version": schema.V4,
        "applied_at": LATER,
        "description": schema.DESCRIPTION,
        "rollback_sql": None,
        "checksum": CHECKSUM if checksum else OneOf((CHECKSUM, None)),
        "applied_by": "session-buddy",
        "success": 1,
    }
    failed = rows.tables["skill_migrations"].get(schema.V4)
    if failed is not None:
        sums = OneOf((CHECKSUM, failed.get("checksum")))
        line = {**failed, "applied_at": LATER, "success": 1, "checksum": sums}
    rows.put("skill_migrations", schema.V4, line)


def _taxonomy(rows: Rows, state: State, skills: Collection[object], asked: Asked) -> Iterator[Fate]:
    now, full = stamp_of(asked.as_of), asked.taxonomy == "full"
    categories = rows.tables["skill_categories"]
    kinds = rows.by("skill_modalities", "skill_name")
    pairs = rows.by("skill_dependencies", "skill_a", "skill_b")
    numbered = not categories and "skill_categories" not in state.counted
    new = taxonomy.categories(categories, now, numbered=numbered)
    rows.put_all("skill_categories", new)
    new_kinds = taxonomy.modalities(kinds, skills, now, full=full)
    rows.put_by("skill_modalities", new_kinds)
    new_pairs = taxonomy.dependencies(pairs, skills, now, full=full)
    rows.put_by("skill_dependencies", new_pairs)
    there = {*categories, *kinds, *(f"{one}+{other}" for pair in pairs for one, other in (pair, pair[::-1]))}
    return taxonomy.fates(
        state.path, {*new, *new_kinds, *(f"{one}+{other}" for one, other in new_pairs)}, there
    )


def _dangling(tables: Mapping[str, Table], skills: Collection[object]) -> Iterator[str]:
    """Yields the sentences on entries of the taxonomy whose skills nobody knows."""
    for row in tables.get("skill_modalities", {}).values():
        if row["skill_name"] not in skills:
            yield dangling("skill_modalities", (row["skill_name"],), "skill_metrics")
    for row in tables.get("skill_dependencies", {}).values():
        if not {row["skill_a"], row["skill_b"]} <= set(skills):
            yield dangling("skill_dependencies", (row["skill_a"], row["skill_b"]), "skill_metrics")


def _backfills(rows: Rows, state: State, skills: Collection[object], asked: Asked) -> Iterator[Fate]:
    now = stamp_of(asked.as_of)
    changed = {
        "time-series": _hours(rows, backfills.time_series(state.invocations, skills, asked)),
        "dependencies": _pairs(rows, backfills.dependencies(state.invocations, skills), now),
        "baselines": _baselines(rows, backfills.baselines(state.invocations, skills), now),
    }
    for name, wrote in changed.items():
        yield Fate("backfill", f"{state.path}#backfill/{name}", name, "migrated" if wrote else "present")


def _hours(rows: Rows, wanted: Mapping[tuple[backfills.Text, str], Record]) -> bool:
    """Enters the hours; the first row of a skill and hour is the one that is brought up to date."""
    wrote = False
    for (skill, hour), values in wanted.items():
        key = hour_key(skill, hour)
        there = rows.tables["skill_time_series"].get(key)
        wrote |= there is None or _differs(values, there)
        rows.put("skill_time_series", key, {"id": Some("int") if there is None else there["id"], **values})
    return wrote


def _pairs(rows: Rows, wanted: Mapping[tuple[backfills.Text, backfills.Text], Record], now: str) -> bool:
    """Enters the pairs; a row for the other direction is the pair's, and keeps its direction."""
    wrote = False
    there = rows.by("skill_dependencies", "skill_a", "skill_b")
    for (one, other), values in wanted.items():
        pair = (other, one) if (other, one) in there and (one, other) not in there else (one, other)
        told = {**values, "skill_a": pair[0], "skill_b": pair[1]}
        wrote |= rows.update("skill_dependencies", pair, told, there.get(pair), now)
    return wrote


def _baselines(rows: Rows, wanted: Mapping[backfills.Text, Record], now: str) -> bool:
    there = rows.by("skill_community_baselines", "skill_name")
    wrote = False
    for skill, values in wanted.items():
        wrote |= rows.update("skill_community_baselines", (skill,), values, there.get(skill), now)
    return wrote


def _differs(values: Record, there: Record) -> bool:
    return any(not same_value(value, there.get(name)) for name, value in values.items())


def _unusable(state: State, skills: Collection[object], asked: Asked) -> Iterator[Fate]:
    for row in state.invocations:
        reason = (
            "unknown-skill"
            if row.skill not in skills
            else ("unparseable-time" if asked.instant(row.at) is None else "")
        )
        if reason:
            place = f"{state.path}#skill_invocation/{row.id}"
            yield Fate("invocation", place, str(row.id), "skipped", reason)
