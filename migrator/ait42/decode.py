"""Session files, read exactly as strictly as the legacy program reads them (serde_json into its structs).

Python's own parser takes more: NaN, a key twice, lone surrogates, `12.0` for an integer. What the legacy program
would refuse was never shown to its user as a session, so it makes the whole file unusable here too.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, NoReturn

Json = dict[str, Any]
U32, U64 = 2**32 - 1, 2**64 - 1
SESSION = {
    "id": str, "type": str, "task": str, "status": str, "createdAt": str, "updatedAt": str, "completedAt": None,
    "instances": list, "chatHistory": list, "model": None, "timeoutSeconds": U32, "preserveWorktrees": bool,
    "winnerId": U32, "runtimeMix": tuple, "totalDuration": U64, "totalFilesChanged": U32, "totalLinesAdded": U32,
    "totalLinesDeleted": U32,
}  # fmt: skip
INSTANCE = {
    "instanceId": U32, "worktreePath": str, "branch": str, "agentName": str, "status": str, "tmuxSessionId": str,
    "output": None, "startTime": None, "endTime": None, "filesChanged": U32, "linesAdded": U32,
    "linesDeleted": U32, "runtime": None, "model": None, "runtimeLabel": None,
}  # fmt: skip
MESSAGE = {"id": str, "role": str, "content": str, "timestamp": str, "instanceId": U32}
EMPTY = {"empty-file", "no-sessions"}  # reasons why a file is of no use, though nothing is wrong with it
TEXT, TEXT_OR_NULL = {str}, {str, type(None)}
HALF = re.compile(
    rb"\\u[dD][89a-fA-F]"
)  # of a surrogate pair, perhaps alone; one search over bytes is the cheapest


class BadFileError(Exception):
    """The file cannot be used; the arguments are reason and detail."""


class _Twice(Json):
    """An object in whose text a key stands twice."""

    names: frozenset[str] = frozenset()


class Kind:
    """What an object must hold, sorted by how it is checked; `number` is the one number that must be there."""

    def __init__(self, keys: dict[str, Any], number: str = "") -> None:
        self.keys, self._number = keys, number
        self.texts = [key for key, kind in keys.items() if kind is str]
        self.optional = [key for key, kind in keys.items() if kind is None]
        self.numbers = [(key, kind) for key, kind in keys.items() if type(kind) is int]

    def fault(self, value: Any) -> str | None:
        """What is wrong with a value that should be such an object."""
        if not isinstance(value, dict):
            return "is not an object"
        get = value.get
        if {*map(type, map(get, self.texts))} != TEXT:
            return f"{next(key for key in self.texts if type(get(key)) is not str)} is not text"
        if not {*map(type, map(get, self.optional))} <= TEXT_OR_NULL:
            wrong = next(key for key in self.optional if type(get(key)) not in TEXT_OR_NULL)
            return f"{wrong} is neither text nor null"
        for key, top in self.numbers:
            found = get(key)
            if found is not None and not (type(found) is int and 0 <= found <= top):
                return f"{key} is not a whole number from 0 to {top}"
        if self._number and get(self._number) is None:
            return f"{self._number} is missing"
        return "a key stands twice" if type(value) is _Twice and value.names & self.keys.keys() else None


SESSIONS, INSTANCES, MESSAGES = Kind(SESSION), Kind(INSTANCE, "instanceId"), Kind(MESSAGE)


def sessions(data: bytes) -> list[Json]:
    """The sessions of one file, each checked field by field. Raises BadFileError."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadFileError("invalid-encoding", f"byte {error.start} is not UTF-8") from error
    if not text.strip() and not re.search("[\x1c-\x1f]", text):
        raise BadFileError("empty-file", "")
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise BadFileError("corrupt-json", str(error) or "nested too deep") from error
    if HALF.search(data):
        _no_halves(value)
    fault = "the root is not an array" if not isinstance(value, list) else _fault(value)
    if fault:
        _twice(value)
        raise BadFileError("wrong-shape" if isinstance(value, list) else "not-an-array", fault)
    if not value:
        raise BadFileError("no-sessions", "")
    return value  # type: ignore[no-any-return]


def _fault(value: list[Any]) -> str | None:
    for number, one in enumerate(value):
        if fault := _session(one):
            return f"session {number}: {fault}"
    return None


def _session(one: Any) -> str | None:
    if fault := SESSIONS.fault(one):
        return fault
    if type(one.get("preserveWorktrees")) not in {bool, type(None)}:
        return "preserveWorktrees is neither true, false nor null"
    mix = one.get("runtimeMix")
    if mix is not None and not (isinstance(mix, list) and all(type(name) is str for name in mix)):
        return "runtimeMix is not a list of texts"
    for name, kind in (("instances", INSTANCES), ("chatHistory", MESSAGES)):
        parts = one.get(name)
        if not isinstance(parts, list):
            return f"{name} is not an array"
        for number, part in enumerate(parts):
            if fault := kind.fault(part):
                return f"{name} {number}: {fault}"
    return None


def _twice(value: Any) -> None:
    """A known key that stands twice is the parser's complaint, whatever else is wrong. Raises BadFileError."""
    for one in value if isinstance(value, list) else []:
        parts: list[tuple[Any, Kind]] = [(one, SESSIONS)]
        if isinstance(one, dict):
            for name, kind in (("instances", INSTANCES), ("chatHistory", MESSAGES)):
                inner = one.get(name)
                parts += [(part, kind) for part in inner] if isinstance(inner, list) else []
        for part, kind in parts:
            if type(part) is _Twice and (both := part.names & kind.keys.keys()):
                raise BadFileError("corrupt-json", f"the key {min(both)} stands twice in one object")


def _no_halves(value: Any) -> None:
    """No key of any object, and no known text, holds half a surrogate pair. Raises BadFileError."""
    waiting: list[tuple[Any, Json | None]] = [
        (value, SESSION)
    ]  # a value, the keys known in it; None: unknown
    while waiting:
        found, known = waiting.pop()
        if isinstance(found, list):
            waiting += [(one, known) for one in found]
        elif isinstance(found, dict):
            below = {"instances": INSTANCE, "chatHistory": MESSAGE} if known is SESSION else {}
            for key, one in found.items():
                _whole(key)
                waiting.append((one, below.get(key, {} if known and key in known else None)))
        elif isinstance(found, str) and known is not None:
            _whole(found)


def _whole(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadFileError("corrupt-json", "half a surrogate pair stands alone") from error


def _object(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        found, seen = _Twice(found), set[str]()
        found.names = frozenset(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return found


def _integer(text: str) -> int | float:
    """Beyond any field's range, and minus zero, it is a float to the legacy parser too."""
    return float("inf") if len(text) > 20 or text == "-0" else int(text)


def no_constant(name: str) -> NoReturn:
    """Raises ValueError: NaN and Infinity are Python's alone."""
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_constant=no_constant)


def scalars(one: Json, kind: Kind, leave: Iterable[str] = ()) -> str:
    """The known fields as compact JSON in the order of the legacy program, null for what is absent."""
    values = {key: one.get(key) for key in kind.keys if key not in leave}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
