"""YAML text as the npm package ``yaml`` 2.x writes it: block style, two spaces, quotes only where needed.

Strings are quoted where the YAML 1.2 core schema would read another type, so ``yes`` and ``12:30:45`` stay plain
and ``0755`` does not (`eemeli/yaml:src/stringify/stringifyString.ts`).  Long lines are not folded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_NOT_PLAIN = re.compile(
    r"""^[\n\t ,\[\]{}#&*!|>'"%@`]|^[?-]\Z|^[?-][ \t]|[\n:][ \t]|[ \t]\n|[\n\t ]#|[\n\t :-]\Z|\n"""
    r"""|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]"""
)
_OTHER_TYPE = re.compile(
    r"""(?:~|[Nn]ull|NULL)?|[Tt]rue|TRUE|[Ff]alse|FALSE"""
    r"""|0o[0-7]+|[-+]?[0-9]+|0x[0-9a-fA-F]+"""
    r"""|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"""
    r"""|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"""
)


def document(value: Mapping[str, Any]) -> str:
    """Returns a mapping as a document that ends in a line feed; an empty one is ``{}``."""
    return "".join(f"{line}\n" for line in _lines(value)) if value else "{}\n"


def scalar(value: Any) -> str:
    """Returns a scalar, or an empty collection, as it stands behind a key."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    return "{}" if isinstance(value, Mapping) else "[]"


def _text(value: str) -> str:
    if not _NOT_PLAIN.search(value) and not _OTHER_TYPE.fullmatch(value):
        return value
    if '"' in value and "'" not in value and value.isprintable():
        return f"'{value}'"
    return json.dumps(value, ensure_ascii=False)


def _lines(value: Mapping[str, Any] | Sequence[Any]) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _entry(f"{_text(key)}:", item)
        return
    for item in value:
        if isinstance(item, Mapping | list | tuple) and item:
            for number, line in enumerate(_lines(item)):
                yield f"{'- ' if number == 0 else '  '}{line}"
        else:
            yield f"- {scalar(item)}"


def _entry(key: str, item: Any) -> Iterator[str]:
    if isinstance(item, Mapping | list | tuple) and item:
        yield key
        yield from (f"  {line}" for line in _lines(item))
    else:
        yield f"{key} {scalar(item)}"
