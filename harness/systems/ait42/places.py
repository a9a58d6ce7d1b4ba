"""Where in a home of AIT42 Editor damage can be done: session files, their elements, instances and messages.

Reads what the generator writes, and of captured homes whatever looks like it; what cannot be read is no place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

from harness.home import Home
from harness.systems.ait42.model import SESSIONS

Apply = Callable[[Home, Random], Home | None]
Row = dict[str, Any]
_FILE = re.compile(rf"{re.escape(SESSIONS)}/[0-9a-f]{{16}}\.json")


def session_files(home: Home, random: Random) -> list[str]:
    """Returns the paths of session files whose bytes are held, in an order that `random` decides."""
    files = ((p, entry) for p, entry in home.entries.items() if entry.kind == "file" and _FILE.fullmatch(p))
    found = sorted(p for p, entry in files if entry.digest in home.blobs)
    random.shuffle(found)
    return found


def rows_of(home: Home, path: str) -> list[Row] | None:
    """Returns the elements of a session file, or None where it holds no array of objects."""
    try:
        rows = json.loads(home.content(path).decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError, LookupError):
        return None
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "id" in row for row in rows):
        return None
    return rows


def _refuse(literal: str) -> None:
    raise ValueError(f"{literal} is not JSON")


def with_rows(home: Home, path: str, rows: object) -> Home:
    """Returns the home with a value in a session file, laid out as the editor does."""
    text = json.dumps(rows, indent=2, ensure_ascii=False)
    return home.with_file(path, text.encode("utf-8", "surrogatepass"))


def first(home: Home, attempts: Iterable[Home | None]) -> Home | None:
    """Returns the first attempt that changed the home, or None where none did."""
    changed = (attempt for attempt in attempts if attempt is not None and attempt.entries != home.entries)
    return next(changed, None)


def on_file(damage: Callable[[Home, str, Random], Home | None]) -> Apply:
    """Returns damage to one session file that holds sessions."""

    def attempts(home: Home, random: Random) -> Iterator[Home | None]:
        for path in session_files(home, random):
            if rows_of(home, path):
                yield damage(home, path, random)

    return lambda home, random: first(home, attempts(home, random))


def on_element(edit: Callable[[Row, Random], bool | None]) -> Apply:
    """Returns a change to one element, in place; `edit` says False where it finds no place."""
    return on_rows(
        lambda rows, random: any(edit(row, random) is not False for row in _shuffled(rows, random))
    )


def on_rows(edit: Callable[[list[Row], Random], bool]) -> Apply:
    """Returns a change to the elements of one file, in place; `edit` tells whether it found a place."""

    def damage(home: Home, path: str, random: Random) -> Home | None:
        rows = rows_of(home, path)
        return with_rows(home, path, rows) if rows and edit(rows, random) else None

    return on_file(damage)


def on_part(array: str, edit: Callable[[Row, Random], object]) -> Apply:
    """Returns a change to one instance or message, in place."""

    def change(row: Row, random: Random) -> bool:
        parts = row.get(array)
        if not isinstance(parts, list) or not parts:
            return False
        edit(random.choice(parts), random)
        return True

    return on_element(change)


def _shuffled(rows: list[Row], random: Random) -> list[Row]:
    return random.sample(rows, len(rows))


def in_text(change: Callable[[str], str | None]) -> Apply:
    """Returns a change to a session file's text, where `change` gives another."""

    def damage(home: Home, path: str, _: Random) -> Home | None:
        changed = change(home.content(path).decode("utf-8"))
        return None if changed is None else home.with_file(path, changed.encode("utf-8", "surrogateescape"))

    return on_file(damage)
