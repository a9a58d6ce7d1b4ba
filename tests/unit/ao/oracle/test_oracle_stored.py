"""What the database stores, value for value, and what hangs from what in it."""

from __future__ import annotations

import pytest

from harness.expectation import TargetUnreadableError
from harness.home import Home
from harness.stored import Reference
from harness.systems.ao.deeds import ACTORS
from harness.systems.ao.legacy import draw, write
from harness.systems.ao.model import Shape
from harness.systems.ao.oracle.stored import read_stored


def used() -> Home:
    state = draw(Shape(projects=1, sessions=3, target="shared", terminated="none"), 1)
    return write(state, state.root)


def after(name: str, home: Home) -> Home:
    does = ACTORS[name].does
    assert does is not None
    changed = does(home, [])
    assert changed is not None
    return changed


def test_values_are_those_that_are_stored() -> None:
    tables = read_stored(after("pull-requests", used())).tables
    (check,) = [row for row in tables["pr_checks"].values() if row["log_tail"]]
    assert check["log_tail"] == "build \udcff\udcfe failed\nlast line"
    (comment,) = tables["pr_comment"].values()
    assert comment["body"] == b"build \xff\xfe failed\nlast line"
    assert comment["line"] == 2**53 + 1
    assert [row["additions"] for row in tables["pr"].values()] == [0, 1.5]
    assert tables["projects"]['["storefront"]']["config"].startswith('{"sessionPrefix"')


def test_a_row_keeps_its_name_for_as_long_as_its_key() -> None:
    home = used()
    before, later = read_stored(home), read_stored(after("changed-rows", home))
    assert set(before.names()) <= set(later.names())
    added = set(later.names()) - set(before.names())
    assert {table for table, _ in added} == {"change_log"}


def test_references_are_those_of_the_schema() -> None:
    references = set(read_stored(used()).references)
    assert Reference("sessions", "project_id", "projects", "id") in references
    assert Reference("pr_checks", "pr_url", "pr", "url") in references
    assert len(references) == 15


def test_what_hangs_from_a_project_is_all_of_it_and_no_more() -> None:
    store = read_stored(after("own-work", used()))
    hanging = store.hanging([("projects", '["own-1"]'), ("projects", '["not-there"]')])
    added = set(store.names()) - set(read_stored(used()).names())
    assert hanging == added
    assert {table for table, _ in hanging} >= {"sessions", "pr", "pr_checks", "review_run", "change_log"}


def test_its_counters_say_what_was_given_out_even_if_it_is_gone() -> None:
    home = used()
    counters = read_stored(home).counters
    assert counters.keys() == {"change_log", "goose_db_version"}
    assert counters["change_log"] < read_stored(after("changed-rows", home)).counters["change_log"]


def test_its_shape_changes_with_the_schema_and_not_with_the_rows() -> None:
    home = used()
    assert read_stored(after("own-work", home)).shape == read_stored(home).shape
    assert read_stored(after("schema-moved", home)).shape != read_stored(home).shape


def test_a_home_without_a_database_stores_nothing_and_one_that_is_broken_cannot_be_read() -> None:
    nothing = read_stored(Home.empty("/home/u"))
    assert (nothing.tables, nothing.shape) == ({}, "")
    assert ".ao/data/ao.db-wal" in nothing.files
    with pytest.raises(TargetUnreadableError):
        read_stored(used().with_file(".ao/data/ao.db", b"not a database" * 400))
