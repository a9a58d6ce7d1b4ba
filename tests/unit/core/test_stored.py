"""Rows that stay tuples until someone looks at them are compared as strictly as records are."""

from __future__ import annotations

from typing import Any

import pytest

from harness.records import same_record
from harness.stored import RawTable, Stored

VALUES = (None, 0, 1, 1.0, 0.0, -0.0, "", "1", "é", "\ud800", b"", b"1", 2**62)


def _store(*rows: tuple[Any, ...], keys: tuple[str, ...] = ("id",)) -> Stored:
    return Stored({"t": RawTable(("id", "value"), keys, rows)})


@pytest.mark.parametrize("old", VALUES, ids=repr)
@pytest.mark.parametrize("new", VALUES, ids=repr)
def test_rows_differ_exactly_where_their_records_do(old: object, new: object) -> None:
    before, after = _store(("a", old)), _store(("a", new))
    names = list(after.differing(before))
    assert names == ([] if same_record({"v": old}, {"v": new}) else [("t", '["a"]')])


@pytest.mark.parametrize(
    ("keys", "row", "key"),
    [
        (("id",), ("ä\n", 1), '["\\u00e4\\n"]'),
        (("id",), (7, 1), "[7]"),
        (("id",), (None, 1), "#0"),
        (("value", "id"), ("a", 2), '[2, "a"]'),
        (("value", "id"), (None, 2), "#0"),
        ((), ("a", 2), "#0"),
    ],
)
def test_a_row_is_found_by_its_primary_key_or_its_number(
    keys: tuple[str, ...], row: tuple[Any, ...], key: str
) -> None:
    store = _store(row, keys=keys)
    assert list(store.names()) == [("t", key)]
    assert store.has(("t", key))
    assert not store.has(("t", "other"))
    assert store.get(("t", key)) == {"id": row[0], "value": row[1]}
    assert [name for name in store.names() if name in set(store.differing(Stored()))] == [("t", key)]


def test_rows_without_a_key_do_not_hide_one_another() -> None:
    assert len(_store((None, 1), (None, 1), ("a", 1)).tables["t"]) == 3


def test_tables_of_other_columns_are_compared_as_records() -> None:
    turned = Stored({"t": RawTable(("value", "id"), ("id",), [(1, "a"), (2, "b")])})
    assert list(turned.differing(_store(("a", 1), ("b", 3)))) == [("t", '["b"]')]


def test_a_difference_is_told_the_gravest_first() -> None:
    before = Stored({name: _store(*rows).tables["t"] for name, rows in {
        "few": [("a", 1)], "kept": [("a", 1), ("b", 1), ("c", 1)], "many": [("a", 1), ("b", 1)],
    }.items()})  # fmt: skip
    after = Stored({"kept": _store(("b", 1), ("c", 2), ("d", 1)).tables["t"], "new": _store().tables["t"]})
    told = "table many is gone (2 rows); table few is gone (1 rows); table kept: 1 rows gone, 1 rows other, 1 rows left"
    assert after.told_from(before) == f"{told}; table new is left"
    assert before.told_from(before) == ""
    assert Stored(shape="x").told_from(Stored(shape="y")) == "the schema is another"
