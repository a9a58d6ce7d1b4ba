"""Reading a session file as the editor's own parser does (serde_json on its structs), told from the facts about it.

The standard library's JSON is more lenient: hooks and checks here refuse what serde refuses.  What a key that the
format does not know holds is never looked at, as long as it is JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

U32, U64 = 2**32 - 1, 2**64 - 1
_WHITE_SPACE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_WHOLE = re.compile(r"0|[1-9][0-9]*")

Row = dict[str, Any]


class UnusableError(Exception):
    """A session file gives no sessions; `reason` is the code for it."""

    def __init__(self, reason: str, why: str = "") -> None:
        super().__init__(f"{reason}: {why}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Number:
    """A number as it is written."""

    text: str


class _Object(dict[str, Any]):
    """A JSON object that remembers which keys stood in it more than once."""

    twice: frozenset[str] = frozenset()


def decode(content: bytes) -> list[Row]:
    """Returns the elements of a session file, each with all known keys, absent ones as None.

    Raises:
        UnusableError: serde would refuse the file, or it holds nothing.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnusableError("invalid-encoding", str(error)) from error
    if not text.strip(_WHITE_SPACE):
        raise UnusableError("empty-file")
    try:
        root = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse,
            parse_int=_Number,
            parse_float=_Number,
        )
    except (ValueError, RecursionError) as error:
        raise UnusableError("corrupt-json", str(error)) from error
    _check_keys(root)
    if not isinstance(root, list):
        raise UnusableError("not-an-array")
    _check_twice(root)
    return [_struct(element, SESSION) for element in root]


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        found.twice = frozenset(name for name in found if names.count(name) > 1)
    return found


def _refuse(literal: str) -> None:
    raise ValueError(f"{literal} is not JSON")


def _check_keys(root: Any) -> None:
    """Refuses a key with half a surrogate pair, wherever it stands."""
    todo = [root]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            if not all(map(_is_text, value)):
                raise UnusableError("corrupt-json", "half a surrogate pair in a key")
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)


def _check_twice(root: list[Any]) -> None:
    """Refuses, of the whole file before its shape, a known key that stands twice and half surrogate pairs in known text."""
    for element in root:
        _check_struct(element, SESSION)


def _check_struct(value: Any, shape: Mapping[str, _Field]) -> None:
    if not isinstance(value, _Object):
        return
    if value.twice & shape.keys():
        raise UnusableError("corrupt-json", f"{min(value.twice & shape.keys())} stands twice")
    for name, field in shape.items():
        found = value.get(name)
        if field.of is not None and isinstance(found, list):
            for part in found:
                _check_struct(part, field.of)
        elif not all(_is_text(part) for part in (found if isinstance(found, list) else [found])):
            raise UnusableError("corrupt-json", f"half a surrogate pair in {name}")


def _is_text(value: Any) -> bool:
    if not isinstance(value, str) or value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Field:
    """What a key may hold: `read` returns the value or raises `ValueError`; `of` is the struct of an array's elements."""

    read: Callable[[Any], Any]
    needed: bool = False
    of: Mapping[str, _Field] | None = None


def _struct(value: Any, shape: Mapping[str, _Field]) -> Row:
    if not isinstance(value, dict):
        raise UnusableError("wrong-shape", "an element is no object")
    row: Row = {}
    for name, field in shape.items():
        found = value.get(name)
        if found is None:
            if field.needed:
                raise UnusableError("wrong-shape", f"{name} is missing or null")
            row[name] = None
        elif field.of is not None:
            if not isinstance(found, list):
                raise UnusableError("wrong-shape", f"{name} is no array")
            row[name] = [_struct(part, field.of) for part in found]
        else:
            try:
                row[name] = field.read(found)
            except ValueError as error:
                raise UnusableError("wrong-shape", f"{name}: {error}") from error
    return row


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")  # noqa: TRY004 - one error for whatever is of the wrong shape
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")  # noqa: TRY004 - as above
    return value


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise ValueError("no array")  # noqa: TRY004 - as above
    return [_text(part) for part in value]


def _whole(most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if (
            not isinstance(value, _Number)
            or not _WHOLE.fullmatch(value.text)
            or len(value.text) > len(str(most))
        ):
            raise ValueError(f"no whole number from 0 to {most}")
        number = int(value.text)
        if number > most:
            raise ValueError(f"more than {most}")
        return number

    return read


_NEEDED, _MAYBE = _Field(_text, needed=True), _Field(_text)
_COUNT, _LONG = _Field(_whole(U32)), _Field(_whole(U64))

INSTANCE: Mapping[str, _Field] = {
    "instanceId": _Field(_whole(U32), needed=True),
    "worktreePath": _NEEDED,
    "branch": _NEEDED,
    "agentName": _NEEDED,
    "status": _NEEDED,
    "tmuxSessionId": _NEEDED,
    "output": _MAYBE,
    "startTime": _MAYBE,
    "endTime": _MAYBE,
    "filesChanged": _COUNT,
    "linesAdded": _COUNT,
    "linesDeleted": _COUNT,
    "runtime": _MAYBE,
    "model": _MAYBE,
    "runtimeLabel": _MAYBE,
}
MESSAGE: Mapping[str, _Field] = {
    "id": _NEEDED,
    "role": _NEEDED,
    "content": _NEEDED,
    "timestamp": _NEEDED,
    "instanceId": _COUNT,
}
SESSION: Mapping[str, _Field] = {
    "id": _NEEDED,
    "type": _NEEDED,
    "task": _NEEDED,
    "status": _NEEDED,
    "createdAt": _NEEDED,
    "updatedAt": _NEEDED,
    "completedAt": _MAYBE,
    "instances": _Field(_texts, needed=True, of=INSTANCE),
    "chatHistory": _Field(_texts, needed=True, of=MESSAGE),
    "model": _MAYBE,
    "timeoutSeconds": _COUNT,
    "preserveWorktrees": _Field(_flag),
    "winnerId": _COUNT,
    "runtimeMix": _Field(_texts),
    "totalDuration": _LONG,
    "totalFilesChanged": _COUNT,
    "totalLinesAdded": _COUNT,
    "totalLinesDeleted": _COUNT,
}
