"""*Shrinking*: the smallest value of the same shape that is still interesting.

The value is any tree of frozen dataclasses and structs, tuples and mappings, such as a pack's legacy state.  The steps
follow its shape, whole parts first: elements of tuples go in halves, quarters and one by one, then keys of mappings,
then fields return to their defaults.  So the result is a state that the legacy tool could have written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def shrink(value: T, interesting: Callable[[T], bool], *, until: float, clock: Callable[[], float]) -> T:
    """Returns an interesting value that no single step makes smaller, or the smallest found by the time `until`.

    `interesting` is asked once for each candidate and must hold for `value` itself.
    """
    seen: set[str] = {repr(value)}
    again = True
    while again:
        again = False
        for candidate in smaller(value):
            if clock() >= until:
                return value
            key = repr(candidate)
            if key not in seen:
                seen.add(key)
                if interesting(candidate):
                    value, again = candidate, True
                    break
    return value


def smaller(value: Any) -> Iterator[Any]:
    """Yields values one step smaller: all removals in the tree before all resets to defaults."""
    yield from _removals(value)
    yield from _resets(value)


def _removals(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple):
        size = len(value)
        while size:
            for start in range(0, len(value), size):
                yield value[:start] + value[start + size :]
            size //= 2
    elif isinstance(value, Mapping) and value:
        yield {}
        for name in value:
            yield {key: item for key, item in value.items() if key != name}
    for rebuild, part in _parts(value):
        for candidate in _removals(part):
            yield rebuild(candidate)


def _resets(value: Any) -> Iterator[Any]:
    for name, default in _fields(value):
        if default is not MISSING and getattr(value, name) != default:
            yield _with(value, name, default)
    for rebuild, part in _parts(value):
        for candidate in _resets(part):
            yield rebuild(candidate)


def _parts(value: Any) -> Iterator[tuple[Callable[[Any], Any], Any]]:
    """Yields the parts of a value, each with the function that puts another in its place."""
    for name, _ in _fields(value):
        yield _field_setter(value, name), getattr(value, name)
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            yield _item_setter(value, index), item


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    """Yields the fields of a dataclass or struct with their defaults, MISSING where there is none."""
    if isinstance(value, msgspec.Struct):
        for place in msgspec.structs.fields(value):
            made = place.default_factory
            default = place.default if made is msgspec.NODEFAULT else made()
            yield place.name, MISSING if default is msgspec.NODEFAULT else default
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield field.name, field.default if field.default_factory is MISSING else field.default_factory()


def _with(value: Any, name: str, part: Any) -> Any:
    change = msgspec.structs.replace if isinstance(value, msgspec.Struct) else replace
    return change(value, **{name: part})


def _field_setter(value: Any, name: str) -> Callable[[Any], Any]:
    return lambda part: _with(value, name, part)


def _item_setter(value: tuple[Any, ...], index: int) -> Callable[[Any], Any]:
    return lambda part: (*value[:index], part, *value[index + 1 :])
