"""What differs between two tables, found by record digests first and told by deepdiff for what differs.

This is the only module that imports deepdiff.  Its traps (9.1) and how they are avoided here: with ``max_diffs``
reached it returns an empty difference, so no limit is set; keys that start with ``__`` are skipped unless told
otherwise; mappings with few keys in common are told as one value unless `threshold_to_diff_deeper` is 0; lists are
never compared with ``ignore_order``, which is quadratic and merges duplicates; and whatever it calls equal although
the digests differ (``0.0`` and ``-0.0``) is told by a plain comparison instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deepdiff import DeepDiff

from harness.records import OPEN, Record, Table, Value, digest_of_record, same_value

_TOLD_BY_DEEPDIFF = (
    200  # differing records a table; deepdiff takes 0.2 ms for each, the plain comparison 4 µs
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not what was expected; `field` is a path into the record, as ``config.worker.agent``."""

    key: str
    field: str
    expected: Value
    found: Value


@dataclass(frozen=True, slots=True)
class TableDifference:
    """How a found table differs from an expected one: keys missing, keys too many, fields that differ."""

    missing: tuple[str, ...]
    extra: tuple[str, ...]
    changed: tuple[Difference, ...]

    def __bool__(self) -> bool:
        """Tells whether anything differs."""
        return bool(self.missing or self.extra or self.changed)


ABSENT = "(absent)"


def compare(expected: Table, found: Table) -> TableDifference:
    """Returns how `found` differs from `expected`; linear in the number of records."""
    return TableDifference(
        missing=tuple(sorted(expected.keys() - found.keys())),
        extra=tuple(sorted(found.keys() - expected.keys())),
        changed=tuple(_changed(expected, found)),
    )


def _changed(expected: Table, found: Table) -> Iterator[Difference]:
    told = 0
    for key, record in expected.items():
        if key not in found or digest_of_record(record) == digest_of_record(found[key]):
            continue
        differing = _flat(key, record, found[key])
        if differing:  # none where a choice was met
            told += 1
            yield from compare_records(key, record, found[key]) if told <= _TOLD_BY_DEEPDIFF else differing


def compare_records(key: str, expected: Record, found: Record) -> list[Difference]:
    """Returns the fields in which two records differ, nested values by their inner path."""
    left = {
        name: value
        for name, value in expected.items()
        if name not in found or not same_value(value, found[name])
    }
    right = {name: value for name, value in found.items() if name in left or name not in expected}
    tree = DeepDiff(
        {name: _settled(value, right.get(name)) for name, value in left.items()},
        right,
        view="tree",
        ignore_private_variables=False,
        ignore_nan_inequality=True,
        threshold_to_diff_deeper=0,
    )
    told = [(item.path(output_format="list"), item) for items in tree.values() for item in items]
    differences = [Difference(key, _dotted(path), _shown(item.t1), _shown(item.t2)) for path, item in told]
    named = {path[0] for path, _ in told}
    overlooked = [name for name in left.keys() | right.keys() if name not in named]
    differences += _flat(
        key, {n: left[n] for n in overlooked if n in left}, {n: right[n] for n in overlooked if n in right}
    )
    return sorted(differences, key=lambda difference: difference.field)


def _settled(expected: Value, found: Value) -> Value:
    """Returns the expected value with each choice in it that was met replaced by what was found."""
    if isinstance(expected, OPEN):
        return found if same_value(expected, found) else expected
    if isinstance(expected, dict) and isinstance(found, dict):
        return {name: _settled(value, found.get(name)) for name, value in expected.items()}
    if isinstance(expected, list) and isinstance(found, list):
        return [_settled(*pair) for pair in zip(expected, found, strict=False)] + expected[len(found) :]
    return expected


def _flat(key: str, expected: Record, found: Record) -> list[Difference]:
    names = [
        name for name, value in expected.items() if name not in found or not same_value(value, found[name])
    ]
    names += [name for name in found if name not in expected]
    return [
        Difference(key, name, expected.get(name, ABSENT), found.get(name, ABSENT)) for name in sorted(names)
    ]


def _dotted(path: list[object]) -> str:
    return ".".join(str(part) for part in path)


def _shown(value: object) -> object:
    return ABSENT if type(value).__name__ == "NotPresent" else value
