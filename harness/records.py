"""A *record* is what a store says of one thing, in canonical values; here is the one equality between them.

Values are what JSON and SQLite can say: None, bool, int, float, str, bytes, lists and string-keyed mappings.
``1``, ``1.0`` and ``True`` are three different values.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

Value = Any
Record = Mapping[str, Value]
Table = Mapping[str, Record]
Tables = Mapping[str, Table]
"""Table name → record key (text that is unique in the table) → record."""

_ENCODER = msgspec.msgpack.Encoder(order="sorted")


@dataclass(frozen=True, slots=True)
class OneOf:
    """An expected value that leaves a choice, because the facts leave one."""

    values: tuple[Value, ...]

    def accepts(self, found: Value) -> bool:
        """Tells whether a found value is one of them."""
        return any(same_value(value, found) for value in self.values)


@dataclass(frozen=True, slots=True)
class Near:
    """An expected float whose last digits hang on the order in which it was computed; `relative` is the tolerance."""

    value: float
    relative: float = 1e-9

    def accepts(self, found: Value) -> bool:
        """Tells whether a found value is a float as near as that; nothing but zero is near zero."""
        return type(found) is float and math.isclose(self.value, found, rel_tol=self.relative)


@dataclass(frozen=True, slots=True)
class Some:
    """An expected value of which the facts tell the kind alone, such as a number that a table gives out."""

    kind: str  # int, float, str or bytes

    def accepts(self, found: Value) -> bool:
        """Tells whether a found value is of the kind."""
        return type(found).__name__ == self.kind


OPEN = (OneOf, Near, Some)
"""Expected values that more than one found value meets."""


def digest_of_record(record: Record) -> bytes:
    """Returns a 128-bit digest that is equal for equal records only; types count, the order of fields does not."""
    return hashlib.blake2b(_encode(record), digest_size=16).digest()


def _encode(record: Record) -> bytes:
    try:
        return _ENCODER.encode(record)
    except (UnicodeEncodeError, OverflowError, TypeError):
        # Text with lone surrogates, integers beyond 64 bits, choices: repr tells them apart as well.
        return repr(sorted(record.items())).encode("utf-8", "surrogatepass")


def same_value(expected: Value, found: Value) -> bool:
    """Tells whether a found value is the expected one, types included; an open one says itself what it accepts."""
    if isinstance(expected, OPEN):
        return expected.accepts(found)
    if type(expected) is not type(found):
        return False
    if isinstance(expected, dict):
        return expected.keys() == found.keys() and all(same_value(v, found[k]) for k, v in expected.items())
    if isinstance(expected, list | tuple):
        return len(expected) == len(found) and all(map(same_value, expected, found))
    if isinstance(expected, float):
        return repr(expected) == repr(found)  # 0.0 is not -0.0, and NaN is itself
    return bool(expected == found)


def same_record(expected: Record, found: Record) -> bool:
    """Tells whether two records have the same fields with the same values."""
    return expected.keys() == found.keys() and all(same_value(v, found[k]) for k, v in expected.items())
