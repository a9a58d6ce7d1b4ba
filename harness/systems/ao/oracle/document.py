"""Reading the bytes of one session file: JSON of 0.4 and later, or the key=value text of older versions.

Source of the text grammar: ``packages/core/src/key-value.ts``.
"""

from __future__ import annotations

import re
from typing import Any

from harness.systems.ao.oracle.javascript import NotJsonError, parse_json
from harness.systems.ao.oracle.tree import text_of

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*=")


class UnusableError(Exception):
    """The bytes are no session; `reason` is the contract's word for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_document(content: bytes) -> dict[str, Any]:
    """Returns the fields of a session file.

    Raises:
        UnusableError: empty-file, corrupt-json or not-an-object.
    """
    text = text_of(content)
    if not text.strip():
        raise UnusableError("empty-file")
    if text.lstrip()[0] not in '{["':
        fields = _key_value(text)
        if fields is not None:
            return fields
    try:
        value = parse_json(text)
    except NotJsonError as error:
        raise UnusableError("corrupt-json") from error
    if not isinstance(value, dict):
        raise UnusableError("not-an-object")
    return value


def _key_value(text: str) -> dict[str, Any] | None:
    """Returns the fields of key=value text, or None when no line looks like one."""
    lines = [line.strip() for line in text.split("\n")]
    if not any(map(_KEY.match, lines)):
        return None
    fields: dict[str, Any] = {}
    for line in lines:
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#") and key.strip():
            fields[key.strip()] = value.strip()
    return fields
