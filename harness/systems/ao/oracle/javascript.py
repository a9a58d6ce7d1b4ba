"""What the legacy program's language makes of text and numbers, where Python would do otherwise.

Legacy state was written and read by JavaScript: strings are UTF-16, numbers are doubles, JSON is strict.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn

MAX_DEPTH = 500
"""Levels of nesting beyond which a JSON document counts as damaged; real records have fewer than ten."""

_EXACT = 2**53  # integers up to here are exact in a double
_LONGEST_INTEGER = 20  # digits; anything longer is far beyond a double's exact range


class NotJsonError(ValueError):
    """The text is not one strict JSON value of bearable depth."""


def sound_text(text: str) -> str:
    """Returns the text with surrogate pairs joined and each lone surrogate replaced by U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def utf16_units(text: str) -> list[str]:
    """Returns the UTF-16 code units that JavaScript sees in a text, each as one character."""
    raw = text.encode("utf-16-le", "surrogatepass")
    return [chr(raw[at] | raw[at + 1] << 8) for at in range(0, len(raw), 2)]


def number_text(number: float) -> str:
    """Returns ``String(number)`` of ECMA-262 ``Number::toString``: 3000, 1.5, 1e+21, NaN."""
    if isinstance(number, int) and abs(number) <= _EXACT:
        return str(number)
    value = float(number)
    if value != value:  # noqa: PLR0124 - only NaN differs from itself
        return "NaN"
    if value in {float("inf"), float("-inf")}:
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    magnitude = len(digits) + int(exponent)
    if -6 < magnitude <= 21:
        return format(Decimal(repr(value)).normalize(), "f")
    text = "".join(map(str, digits))
    mantissa = text[0] + ("." + text[1:] if text[1:] else "")
    power = magnitude - 1
    return f"{'-' if sign else ''}{mantissa}e{'+' if power >= 0 else '-'}{abs(power)}"


def parse_json(text: str) -> Any:
    """Returns the value of a strict JSON text: no NaN, no Infinity; of duplicate keys the last wins.

    Raises:
        NotJsonError: the text is something else, or nested deeper than `MAX_DEPTH`.
    """
    try:
        value = json.loads(text, parse_constant=_refuse, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise NotJsonError(str(error)) from error
    if _deeper_than(value, MAX_DEPTH):
        raise NotJsonError(f"nested deeper than {MAX_DEPTH} levels")
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True
