"""What differs is found, also where deepdiff alone would say that nothing does."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from deepdiff import DeepDiff
from hypothesis import given
from hypothesis import strategies as st

from harness.difference import ABSENT, Difference, TableDifference, compare, compare_records
from harness.records import Near, OneOf, Some, same_record


def rows(count: int, **fields: Any) -> dict[str, dict[str, Any]]:
    return {f"k{number:05}": {"id": number, "name": f"n{number}", **fields} for number in range(count)}


def test_equal_tables_have_no_difference() -> None:
    assert not compare(rows(50), rows(50))
    assert not compare({}, {})
    assert compare(rows(3), rows(3)) == TableDifference((), (), ())


def test_missing_extra_and_changed_records_are_told_apart() -> None:
    expected, found = rows(4), rows(4)
    del found["k00001"]
    found["new"] = {"id": 9}
    found["k00002"]["name"] = "other"
    assert compare(expected, found) == TableDifference(
        ("k00001",), ("new",), (Difference("k00002", "name", "n2", "other"),)
    )


def test_a_field_that_is_absent_is_told_from_one_that_is_none() -> None:
    (gone,) = compare({"k": {"a": None}}, {"k": {}}).changed
    (come,) = compare({"k": {}}, {"k": {"a": None}}).changed
    assert (gone.field, gone.expected, gone.found) == ("a", None, ABSENT)
    assert (come.field, come.expected, come.found) == ("a", ABSENT, None)


def test_a_nested_value_is_told_by_its_path() -> None:
    expected = {"k": {"config": {"worker": [{"agent": "a"}, {"agent": "b"}], "same": 1}}}
    found = {"k": {"config": {"worker": [{"agent": "a"}, {"agent": "c", "more": True}], "same": 1}}}
    assert compare(expected, found).changed == (
        Difference("k", "config.worker.1.agent", "b", "c"),
        Difference("k", "config.worker.1.more", ABSENT, True),
    )


# -- the traps of deepdiff 9.1: each is shown to be one, and to be none for us ------------------------------------
Trap = tuple[dict[Any, Any], dict[Any, Any], Callable[[Any, Any], Any]]
TRAPS: dict[str, Trap] = {
    "max_diffs reached": (
        {"k": {"rows": [[number] for number in range(100)]}},
        {"k": {"rows": [[number] for number in range(99)] + [[-1]]}},
        lambda left, right: DeepDiff(left, right, max_diffs=50),
    ),
    "a field that starts with two underscores": (
        {"k": {"__v": 1}},
        {"k": {"__v": 2}},
        DeepDiff,
    ),
    "a nested field that starts with two underscores": (
        {"k": {"a": {"__v": {"x": 1}}}},
        {"k": {"a": {"__v": {"x": 2}}}},
        DeepDiff,
    ),
    "a repeated row in a list": (
        {"k": {"rows": [{"a": 1}, {"a": 1}, {"a": 2}]}},
        {"k": {"rows": [{"a": 1}, {"a": 2}, {"a": 2}]}},
        lambda left, right: DeepDiff(left, right, ignore_order=True),
    ),
    "rows of one key under group_by": (
        {"k": {"rows": [{"id": "x", "v": 1}, {"id": "x", "v": 2}]}},
        {"k": {"rows": [{"id": "x", "v": 9}, {"id": "x", "v": 2}]}},
        lambda left, right: DeepDiff(left["k"]["rows"], right["k"]["rows"], group_by="id"),
    ),
    "zero and minus zero": ({"k": {"a": 0.0}}, {"k": {"a": -0.0}}, DeepDiff),
    "zero and minus zero, nested": ({"k": {"a": [{"b": 0.0}]}}, {"k": {"a": [{"b": -0.0}]}}, DeepDiff),
}


@pytest.mark.filterwarnings("ignore")  # deepdiff itself warns of some of these
@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS.keys())
def test_what_deepdiff_overlooks_is_found(trap: Trap) -> None:
    expected, found, naive = trap
    assert not naive(expected, found), "deepdiff no longer overlooks this: the trap has gone"
    difference = compare(expected, found)
    assert difference
    assert {change.key for change in difference.changed} == set(expected)


@pytest.mark.parametrize(
    ("left", "right"),
    [(1, "1"), (1.0, "1.0"), (1, 1.0), (1, True), (None, "None"), ("a", b"a")],
    ids=repr,
)
def test_keys_and_values_that_are_equal_as_text_are_not_the_same(left: Any, right: Any) -> None:
    assert compare({"k": {"a": left}}, {"k": {"a": right}}).changed == (Difference("k", "a", left, right),)
    assert compare({"k": {"a": [{"b": left}]}}, {"k": {"a": [{"b": right}]}}).changed == (
        Difference("k", "a.0.b", left, right),
    )


def test_record_keys_that_are_equal_as_text_are_two_keys() -> None:
    numbered: Any = {1: {"a": 1}}
    told = compare({"1": {"a": 1}}, numbered)
    assert [*told.missing, *told.extra] == ["1", 1]
    numbered = {"k": {"a": {1: "x"}}}
    assert [change.field for change in compare({"k": {"a": {"1": "x"}}}, numbered).changed] == ["a.1", "a.1"]


def test_not_a_number_is_the_same_as_itself_and_as_nothing_else() -> None:
    assert not compare({"k": {"a": math.nan}}, {"k": {"a": float("nan")}})
    assert compare({"k": {"a": math.nan}}, {"k": {"a": None}})


@pytest.mark.parametrize("count", [10, 200, 201, 3000])
def test_each_of_many_changed_records_is_told_once(count: int) -> None:
    expected, found = rows(count), rows(count)
    changed = sorted(found)[::2]
    for key in changed:
        found[key]["name"] = "other"
    told = compare(expected, found).changed
    assert [(change.key, change.field, change.found) for change in told] == [
        (key, "name", "other") for key in changed
    ]


def test_fields_come_and_go_beyond_the_records_that_deepdiff_tells() -> None:
    expected, found = rows(300, old=None), rows(300, new=0.0)
    for number, key in enumerate(sorted(found)):
        told = compare_records(key, expected[key], found[key])
        assert [(d.field, d.expected, d.found) for d in told] == [
            ("new", ABSENT, 0.0),
            ("old", None, ABSENT),
        ], number
    assert len(compare(expected, found).changed) == 600


def test_a_choice_is_met_by_each_of_its_values() -> None:
    expected = {"k": {"a": OneOf((1, 2)), "b": [OneOf((None, "x"))]}}
    assert not compare(expected, {"k": {"a": 2, "b": ["x"]}})
    (change,) = compare(expected, {"k": {"a": 3, "b": [None]}}).changed
    assert (change.field, change.expected, change.found) == ("a", OneOf((1, 2)), 3)


def test_open_values_that_are_met_are_no_difference_and_others_are_told() -> None:
    expected = {"k": {"id": Some("int"), "mean": Near(0.3)}}
    assert not compare(expected, {"k": {"id": 7, "mean": 0.1 + 0.2}})
    told = compare(expected, {"k": {"id": None, "mean": 0.4}}).changed
    assert [(change.field, change.found) for change in told] == [("id", None), ("mean", 0.4)]


def test_a_choice_that_was_met_is_not_told_beside_a_difference() -> None:
    expected = {"k": {"a": {"x": OneOf((1, 2)), "y": [OneOf((1,)), 1, 2]}}}
    told = compare(expected, {"k": {"a": {"x": 1, "y": [1, 3]}}}).changed
    assert [change.field for change in told] == ["a.y.1", "a.y.2"]


def test_text_with_lone_surrogates_and_large_integers_is_compared() -> None:
    assert not compare({"k": {"a": "\ud800", "b": 2**70}}, {"k": {"b": 2**70, "a": "\ud800"}})
    told = compare({"k": {"a": "\ud800", "b": 2**70}}, {"k": {"a": "\ud801", "b": 2**70 + 1}}).changed
    assert [change.field for change in told] == ["a", "b"]


VALUES = st.recursive(
    st.sampled_from([None, True, 1, 1.0, 0.0, -0.0, math.nan, "", "1", "x", b"x", ABSENT]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "__a", "a.b", "0", ""]), inner, max_size=3)
    ),
    max_leaves=6,
)
RECORDS = st.dictionaries(st.sampled_from(["a", "b", "__c", "a.b", ""]), VALUES, max_size=4)


@given(RECORDS, RECORDS)
def test_a_difference_is_found_exactly_where_records_are_not_the_same(
    expected: dict[str, Any], found: dict[str, Any]
) -> None:
    difference = compare({"k": expected}, {"k": found})
    assert bool(difference) != same_record(expected, found)
    touched = {
        name
        for name in expected.keys() | found.keys()
        if not same_record(only(expected, name), only(found, name))
    }
    assert all(
        any(told.field == n or told.field.startswith(n + ".") for told in difference.changed) for n in touched
    )


def only(record: dict[str, Any], name: str) -> dict[str, Any]:
    return {name: record[name]} if name in record else {}
