"""Amounts that a scenario may ask of a home: a *span* of whole numbers, a *share* from none to all."""

from __future__ import annotations

import functools


@functools.lru_cache(maxsize=64)
def span(text: int | str) -> tuple[int, int]:
    """Returns the two ends of a span such as 3, "3" or "0..6".

    Raises:
        ValueError: it is not such a text, or its ends are negative or in the wrong order.
    """
    low, dots, high = str(text).partition("..")
    high = high if dots else low
    if not (low.isdecimal() and high.isdecimal() and low.isascii() and high.isascii()):
        raise ValueError(f'{text!r} is not a span; write a number or two of them, as in "0..6"')
    if int(low) > int(high):
        raise ValueError(f"{text!r} is not a span; its first number is larger than its second")
    return int(low), int(high)


@functools.lru_cache(maxsize=64)
def share(text: str) -> float:
    """Returns a share as a number from 0 to 1; "some" is 0.4.

    Raises:
        ValueError: it is neither a word for a share nor a number in that range.
    """
    words = {"none": 0.0, "some": 0.4, "all": 1.0}
    try:
        number = words[text] if text in words else float(text)
    except ValueError:
        number = -1.0
    if not 0.0 <= number <= 1.0:
        raise ValueError(f'{text!r} is not a share; write "none", "some", "all" or a number from 0 to 1')
    return number
