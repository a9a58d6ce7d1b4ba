"""Laws of the oracle over drawn and damaged homes, with a database made straight from what it expects."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.evidence import Evidence
from harness.history import Event, History
from harness.home import Home
from harness.records import Tables
from harness.sut import Profile, load_profile
from harness.systems import ait42
from harness.systems.ait42 import schema
from harness.systems.ait42.corruption import CATALOGUE
from harness.systems.ait42.legacy import draw, states, write
from harness.systems.ait42.model import LegacyState, Shape
from harness.systems.ait42.oracle import expect, read_stored, read_target, target_damage, target_problems
from harness.verdict import Status, judge

DATABASE = ".ait42/sessions.db"
KEEPS = ".local/state/migrator"
PROFILE: Profile = load_profile(ait42.PROFILES / "migrator.toml")


def as_migrated(home: Home, tables: Tables) -> Home:
    """Returns the home with a database that holds these tables: what the smallest right migrator would leave."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript("".join(schema.STEPS.values()))
        for row in tables["schema_version"].values():
            insert(connection, "schema_version", {**row, "applied_at": "now"})
        for row in tables["sessions"].values():
            mix = None if row["runtime_mix"] is None else json.dumps(row["runtime_mix"])
            insert(
                connection, "sessions", {**row, "runtime_mix": mix, "instance_count": 0, "message_count": 0}
            )
        numbers = {}
        for row in tables["instances"].values():
            numbers[row["session_id"], row["instance_id"]] = insert(connection, "instances", row)
        for row in tables["chat_messages"].values():
            pair = row["instance_id_ref"]
            number = None if pair is None else numbers[pair[0], pair[1]]
            insert(connection, "chat_messages", {**row, "instance_id_ref": number})
        for row in tables["migration_issues"].values():
            original = row["original"]
            kept = original if original is None or isinstance(original, str) else json.dumps(original)
            insert(connection, "migration_issues", {**row, "original": kept})
        image = bytearray(connection.serialize())
    image[18:20] = b"\2\2"
    return backed_up(home).without(f"{DATABASE}-wal").with_file(DATABASE, bytes(image))


def backed_up(home: Home) -> Home:
    """Returns the home with copies of what lies at the database's place, for the user alone."""
    kept = home
    for path in (DATABASE, f"{DATABASE}-wal"):
        if home.get(path):
            kept = kept if kept.get(KEEPS) else kept.with_kind(KEEPS, "dir", mode=0o700)
            name = f"{KEEPS}/{path.rpartition('/')[2]}"
            kept = kept.with_file(name, home.content(path), mode=0o600)
    return kept


def insert(connection: sqlite3.Connection, table: str, row: Any) -> int | None:
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    return connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values())).lastrowid


def report(home: Home, verb: str) -> dict[str, Any]:
    expected = expect(home)
    records = [
        {
            "kind": f.kind,
            "source": f.source,
            "id": f.id,
            "outcome": f.disposition,
            "reason": f.reason,
            "detail": "",
        }
        for f in expected.fates
    ]
    count = {
        name: sum(f.disposition == name for f in expected.fates)
        for name in ("migrated", "present", "skipped", "set-aside")
    }
    notes = [
        {"source": note.source, "id": note.id, "reason": note.reason, "detail": ""}
        for note in sorted(expected.notes or (), key=str)
    ]
    return {
        "contract": 1, "system": "ait42", "verb": verb, "dry_run": verb == "dry_run", "outcome": expected.outcome,
        "code": None, "message": "", "changed": bool(verb == "migrate" and expected.tables != read_target(home)),
        "counts": {
            "read": len(records), "written": count["migrated"], "present": count["present"],
            "skipped": count["skipped"], "set_aside": count["set-aside"],
        },
        "records": records, "notes": notes, "backup": None,
    }  # fmt: skip


def migrated(home: Home) -> Home:
    expected = expect(home)
    if "schema_version" not in expected.tables or expected.tables == read_target(home):
        return home
    return as_migrated(home, expected.tables)


def right_history(home: Home) -> History:
    """Returns what the smallest right migrator would make of a home: a dry run, a run, and a second one."""
    after = migrated(home)
    ends = expect(home).outcome
    again = expect(after).outcome
    status = {"done": 0, "partial": 4}
    return History(
        home,
        (
            Event(0, "dry_run", ends, home, home, status[ends], report=report(home, "dry_run")),
            Event(1, "migrate", ends, home, after, status[ends], report=report(home, "migrate")),
            Event(2, "migrate", again, after, after, status[again], report=report(after, "migrate")),
        ),
    )


def check(home: Home) -> None:
    if expect(home).refusals:
        return
    after = migrated(home)
    assert read_target(after) == expect(home).tables
    assert target_problems(after) == []
    assert expect(after).tables == expect(home).tables, "a second run has nothing to do"
    assert not any(fate.disposition == "migrated" for fate in expect(after).fates)
    history = right_history(home)
    evidence = Evidence(
        history, PROFILE, ait42.expect, read_target, target_problems, read_stored, target_damage
    )
    verdict = judge(evidence, [])
    assert verdict.status is Status.PASS, verdict.findings


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    states(Shape(clean=False, workspaces="0..3", split="some", sessions="0..3")),
    st.lists(st.sampled_from(sorted(CATALOGUE)), max_size=3),
    st.integers(0, 99),
)
def test_the_expected_database_satisfies_every_claim_and_calls_for_nothing_more(
    state: LegacyState, damage: list[str], seed: int
) -> None:
    home = write(state, "/home/u")
    for name in damage:
        home = CATALOGUE[name].apply(home, Random(seed)) or home
    check(home)


@pytest.mark.parametrize("kind", ["used", "shared", "tables-only", "no-search", "empty"])
def test_that_holds_over_databases_that_are_there(kind: str) -> None:
    for seed in range(4):
        state = draw(Shape(workspaces=2, sessions=4, target=kind, split="some"), seed)
        home = write(state, state.root)
        check(home)
        kept, after = read_target(home), expect(home).tables
        for table in ("sessions", "instances", "chat_messages"):
            assert kept.get(table, {}).keys() <= after[table].keys()


def test_no_session_instance_or_message_is_nowhere() -> None:
    """Every element's id is in the target or has a fate that says why not; every message's content is in the target."""
    state = draw(Shape(workspaces=6, sessions=6, split="some"), 2)
    home = write(state, state.root)
    expected = expect(home)
    contents = {row["content"] for row in expected.tables["chat_messages"].values()}
    for workspace in state.workspaces:
        for session in (*workspace.sessions, *workspace.debates):
            assert session.id in expected.tables["sessions"]
            assert {message.content for message in session.chat} <= contents
            for one in session.instances:
                assert json.dumps([session.id, one.number]) in expected.tables["instances"]


def test_a_thousand_sessions_take_seconds_at_most() -> None:
    state = draw(
        Shape(workspaces=100, sessions=10, instances=3, messages=10, twins="none", debates="none"), 1
    )
    tables = expect(write(state, state.root)).tables
    assert {name: len(tables[name]) for name in ("sessions", "instances", "chat_messages")} == {
        "sessions": 1_000, "instances": 3_000, "chat_messages": 10_000,
    }  # fmt: skip
