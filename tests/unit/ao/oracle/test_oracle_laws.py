"""What holds of every expectation, whatever the home."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle_homes import (
    CONFIG,
    DATABASE,
    LEGACY,
    build,
    fates,
    legacy,
    project_sql,
    session,
    session_sql,
    with_rows,
    with_session,
)

from harness.expectation import Expectation
from harness.home import Home
from harness.records import OneOf
from harness.systems.ao.oracle import expect, read_target, target_problems

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
CONFIG_TEXT = "projects:\n  app: {path: ~/a, sessionPrefix: app}\n  lib: {path: ~/b, sessionPrefix: lib}\n  bad: {path: ''}\n"


def literal(value: Any) -> str:
    if isinstance(value, OneOf):
        value = value.values[0]
    if isinstance(value, dict):
        value = json.dumps(value)
    if value is None or isinstance(value, int):
        return "NULL" if value is None else str(value)
    return "CAST(x'" + str(value).encode().hex() + "' AS TEXT)"


def after(home: Home, expectation: Expectation) -> Home:
    """The home that a migrator leaves which does just what is expected."""
    present = read_target(home)
    statements = [
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(map(literal, row.values()))})"
        for table in ("projects", "sessions")
        for key, row in expectation.tables[table].items()
        if key not in present[table]
    ]
    result = home.with_file(DATABASE, build(statements, start=home.content(DATABASE)))
    for path, digest in expectation.files.items():
        result = result.with_file(path, home.blobs[digest])
    return result


def busy_home() -> Home:
    """A home in which something of every kind happens."""
    record = session(agent="claude-code", claudeSessionUuid="u-1", worktree="/home/u/wt")
    database = with_rows(
        project_sql("lib", "/home/u/b"), session_sql("lib-4", "lib", 4), session_sql("x", "lib", 1)
    )
    home = legacy(
        CONFIG_TEXT, database=database, app_1=record, app_7=session("done"), plain=session(), app_2=b"{"
    )
    for name in ("lib-1", "lib-4", "lib-orchestrator", "odd-4", "app-1"):
        home = with_session(home, name, session(), "lib")
    home = with_session(home, "bad-1", session(), "bad")
    home = home.with_file(f"{LEGACY}/aaaaaaaaaaaa-app/sessions/app-1", b"status=working")
    return home.with_file(".claude/projects/-home-u-wt/u-1.jsonl", b"talk")


def test_a_busy_home_has_every_kind_of_fate() -> None:
    found = expect(busy_home())

    assert fates(found, "project") == {"app": "migrated", "lib": "present", "bad": "no-path"}
    assert sorted(
        (fate.id, fate.reason or fate.disposition) for fate in found.fates if fate.kind == "session"
    ) == [
        ("app-1", "duplicate-source"),
        ("app-1", "id-taken-by-other-project"),
        ("app-1", "migrated"),
        ("app-2", "corrupt-json"),
        ("app-7", "terminal"),
        ("bad-1", "no-project"),
        ("lib-1", "num-taken"),
        ("lib-4", "present"),
        ("lib-orchestrator", "migrated"),
        ("odd-4", "migrated"),
        ("plain", "migrated"),
    ]
    assert {key: row["num"] for key, row in found.tables["sessions"].items()} == {
        "app-1": 1,
        "plain": 2,
        "lib-4": 4,
        "x": 1,
        "lib-orchestrator": 0,
        "odd-4": 5,
    }


def test_the_result_of_a_right_migration_is_what_was_expected() -> None:
    home = busy_home()
    expected = expect(home)
    result = after(home, expected)

    assert read_target(result) == expected.tables
    assert target_problems(result) == []


def test_a_second_run_changes_nothing() -> None:
    home = busy_home()
    result = after(home, expect(home))
    second = expect(result)

    assert second.tables == read_target(result)
    assert not [fate for fate in second.fates if fate.disposition == "migrated"]
    kept = [fate for fate in second.fates if fate.disposition == "present"]
    assert len(kept) == len([f for f in expect(home).fates if f.disposition in {"migrated", "present"}])


def test_every_source_and_id_is_listed_once() -> None:
    listed = [(fate.kind, fate.source, fate.id) for fate in expect(busy_home()).fates]

    assert len(listed) == len(set(listed))


def test_nothing_of_the_legacy_tree_may_be_written() -> None:
    assert not [path for path in expect(busy_home()).writable if path.startswith(LEGACY)]


@QUICK
@given(st.one_of(st.text().map(str.encode), st.binary()))
def test_any_bytes_of_a_session_have_exactly_one_fate(content: bytes) -> None:
    found = expect(legacy(app_1=content))

    assert len([fate for fate in found.fates if fate.kind == "session"]) == 1


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["2", "terminated", "{}"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["session", "state", "x"]), inner)
    ),
    max_leaves=6,
)
FIELDS = st.dictionaries(
    st.sampled_from(
        ["lifecycle", "statePayload", "stateVersion", "status", "createdAt", "agent", "role", "worktree"]
    ),
    JSON_VALUES,
)


@QUICK
@given(FIELDS)
def test_any_fields_of_a_session_have_exactly_one_fate(fields: dict[str, Any]) -> None:
    found = expect(legacy(app_1=json.dumps(fields).encode()))

    assert len([fate for fate in found.fates if fate.kind == "session"]) == 1


YAML_TEXT = st.lists(
    st.sampled_from(
        [
            "a",
            "projects",
            ": ",
            "\n",
            "  ",
            "- ",
            "&x ",
            "*x",
            "{",
            "}",
            "[",
            "]",
            "'",
            '"',
            "!",
            "|",
            "%",
            "?",
            ",",
            "~",
            "0",
            "\\U",
            "\t",
            "#",
            "<<",
        ]
    )
).map("".join)


@QUICK
@given(st.one_of(YAML_TEXT, st.text()))
def test_any_configuration_is_read_or_refused(text: str) -> None:
    found = expect(legacy().with_file(CONFIG, text.encode("utf-8", "replace")))

    assert found.refusals <= {"CONFIG_INVALID"}


@QUICK
@given(st.dictionaries(st.text(max_size=3), JSON_VALUES, max_size=3), JSON_VALUES)
def test_any_entries_and_defaults_have_one_fate_each(entries: dict[str, Any], defaults: Any) -> None:
    found = expect(legacy(json.dumps({"projects": entries, "defaults": defaults}).replace("NaN", ".nan")))

    if not found.refusals:
        assert len([fate for fate in found.fates if fate.kind == "project"]) == len(entries)


@pytest.mark.parametrize(
    "name", [CONFIG, f"{LEGACY}/projects", f"{LEGACY}/projects/app", f"{LEGACY}/projects/app/sessions"]
)
def test_links_that_lead_in_circles_end(name: str) -> None:
    home = legacy(app_1=session()).with_link(name, "../" * name.count("/") + name)

    assert fates(expect(home)) == {}
