"""Damage to one JSON file that holds an object."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from harness.corruption.bytes_ import replaced
from harness.home import Home

_MARK = "@@here@@"


def read_object(home: Home, path: str) -> dict[str, Any] | None:
    """Returns the object in a file, or None where the file holds none that strict readers accept."""
    try:
        value = json.loads(home.content(path), parse_constant=_refuse)
    except (ValueError, RecursionError, LookupError):
        return None
    return value if isinstance(value, dict) else None


def _refuse(literal: str) -> None:
    raise ValueError(f"{literal} is not JSON")


def with_object(home: Home, path: str, value: object) -> Home:
    """Returns the home with a value in the file, as two-space JSON and a line feed."""
    try:
        content = (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
    except UnicodeEncodeError:  # half a surrogate pair can only stand as an escape
        content = (json.dumps(value, indent=2) + "\n").encode()
    return home.with_file(path, content)


def edited(home: Home, path: str, edit: Callable[[dict[str, Any]], bool | None]) -> Home | None:
    """Returns the home after `edit` changed the object in place; None where there is none or `edit` says False."""
    value = read_object(home, path)
    if value is None or edit(value) is False:
        return None
    return with_object(home, path, value)


def with_raw_value(home: Home, path: str, key: str, raw: bytes) -> Home | None:
    """Returns the home with a key's value replaced by bytes that need not be JSON nor UTF-8."""

    def mark(value: dict[str, Any]) -> None:
        value[key] = _MARK

    marked = edited(home, path, mark)
    return marked and replaced(marked, path, f'"{_MARK}"'.encode(), raw)


def with_duplicate_key(home: Home, path: str, key: str, first: object) -> Home | None:
    """Returns the home with a key standing twice: once more, at the start, with the value `first`."""
    value = read_object(home, path)
    if value is None or key not in value:
        return None
    extra = f"{{\n  {json.dumps(key)}: {json.dumps(first)},".encode()
    return replaced(home, path, b"{", extra)


def nested_deeply(home: Home, path: str, key: str, *, depth: int = 100_000) -> Home | None:
    """Returns the home with a key whose value is that many lists inside one another."""
    return with_raw_value(home, path, key, b"[" * depth + b"]" * depth)


def encoded(value: object, times: int) -> str:
    """Returns a value as JSON text, as JSON text of that text, and so on."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if times == 1 else encoded(text, times - 1)
