"""The one equality between records: types count, order does not, and a choice is a choice."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.records import Near, OneOf, Some, digest_of_record, same_record, same_value

DISTINCT: list[Any] = [
    None,
    False,
    True,
    0,
    1,
    -1,
    0.0,
    -0.0,
    1.0,
    math.nan,
    math.inf,
    -math.inf,
    "",
    "1",
    "None",
    "nan",
    b"",
    b"1",
    [],
    [1],
    [1.0],
    [None],
    {},
    {"a": 1},
    {"a": 1.0},
    {"a": None},
    {"b": 1},
    2**53 + 1,
    float(2**53),
    2**64,
    2**64 + 1,
    "\ud800",
    "\ud801",
    "\ufffd",
    "é",
    "e\u0301",
]
PAIRS = [(a, b) for i, a in enumerate(DISTINCT) for j, b in enumerate(DISTINCT) if i != j]


def test_no_two_of_these_values_are_the_same() -> None:
    assert [(a, b) for a, b in PAIRS if same_value(a, b)] == []


def test_no_two_of_these_values_have_the_same_digest() -> None:
    assert [(a, b) for a, b in PAIRS if digest_of_record({"f": a}) == digest_of_record({"f": b})] == []


@pytest.mark.parametrize("value", DISTINCT, ids=repr)
def test_each_value_is_the_same_as_itself(value: Any) -> None:
    copy = float(repr(value)) if isinstance(value, float) else value
    assert same_value(value, copy)
    assert same_value({"a": [value]}, {"a": [copy]})
    assert digest_of_record({"f": value}) == digest_of_record({"f": copy})


def test_a_field_that_is_absent_is_not_one_that_is_none() -> None:
    assert not same_record({"a": None}, {})
    assert not same_record({}, {"a": None})
    assert not same_value({"a": {"b": None}}, {"a": {}})
    assert digest_of_record({"a": None}) != digest_of_record({})


def test_the_order_of_fields_does_not_count_and_that_of_items_does() -> None:
    assert same_record({"a": 1, "b": {"x": 1, "y": 2}}, {"b": {"y": 2, "x": 1}, "a": 1})
    assert digest_of_record({"a": 1, "b": {"x": 1, "y": 2}}) == digest_of_record(
        {"b": {"y": 2, "x": 1}, "a": 1}
    )
    assert not same_value([1, 2], [2, 1])
    assert not same_value([1, 1], [1])


def test_a_choice_accepts_each_of_its_values_and_no_other() -> None:
    choice = OneOf((1, "one", None))
    assert [value for value in DISTINCT if same_value(choice, value)] == [None, 1]
    assert same_value(choice, "one")
    assert not same_value(OneOf(()), None)


def test_a_choice_may_lie_deep_inside_and_inside_another() -> None:
    expected = {"a": [{"b": OneOf((OneOf((1, 2)), {"c": OneOf(("x",))}))}]}
    for found in (1, 2, {"c": "x"}):
        assert same_value(expected, {"a": [{"b": found}]})
    for wrong in (True, 1.0, {"c": "y"}, {}, None):
        assert not same_value(expected, {"a": [{"b": wrong}]})


def test_a_choice_on_the_found_side_is_no_wildcard() -> None:
    assert not same_value(1, OneOf((1, 2)))


def test_a_number_that_hangs_on_the_order_of_a_sum_may_differ_in_its_last_digits() -> None:
    assert same_value(Near(0.3), 0.1 + 0.2)
    assert not same_value(Near(0.3), 0.30001)
    assert not same_value(Near(1.0), 1)
    assert not same_value(Near(0.0), 1e-300)
    assert same_value(Near(0.0), 0.0)


def test_of_some_values_the_kind_alone_is_known() -> None:
    assert same_value(Some("int"), 7)
    assert not any(same_value(Some("int"), wrong) for wrong in (True, 7.0, "7", None))


def test_a_record_with_a_choice_has_a_digest_of_its_own() -> None:
    assert digest_of_record({"a": OneOf((1,))}) != digest_of_record({"a": 1})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.dictionaries(st.text(max_size=3), VALUES, max_size=4)


@given(RECORDS, RECORDS)
def test_digests_are_equal_exactly_when_records_are_the_same(
    left: dict[str, Any], right: dict[str, Any]
) -> None:
    assert (digest_of_record(left) == digest_of_record(right)) == same_record(left, right)


@given(RECORDS, st.randoms(use_true_random=False))
def test_a_shuffled_record_is_the_same_record(record: dict[str, Any], random: Any) -> None:
    names = list(record)
    random.shuffle(names)
    shuffled = {name: record[name] for name in names}
    assert same_record(record, shuffled)
    assert digest_of_record(record) == digest_of_record(shuffled)
