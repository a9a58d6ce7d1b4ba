"""YAML as the legacy program reads it: YAML 1.2, core schema, with the limits of npm's ``yaml`` package.

ruamel.yaml is used for the grammar only (its events); what a plain scalar means, which keys are the same and how
far aliases may go is decided here, because ruamel differs: it knows 1.1 merges, wide aliases and Python types.
Sources: ``eemeli/yaml:src/schema/core``, ``src/nodes/Alias.ts``, ``src/compose/util-map-includes.ts``.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from harness.systems.ao.oracle.javascript import number_text, sound_text

MAX_DEPTH = 256
"""Levels of nesting beyond which a document is refused; real files have fewer than ten."""

MAX_ALIASES = 100
"""npm ``yaml``'s ``maxAliasCount``: times an anchored value may stand in the result, inner aliases multiplied."""

_NULL = re.compile(r"~|[Nn]ull|NULL|")
_TRUE = re.compile(r"[Tt]rue|TRUE")
_FALSE = re.compile(r"[Ff]alse|FALSE")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_INFINITE = re.compile(r"([-+]?)\.(?:inf|Inf|INF)")
_NAN = re.compile(r"\.(?:nan|NaN|NAN)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_TYPED = frozenset(f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float"))
_EXACT = 2**53


class YamlInvalidError(ValueError):
    """The text is not one YAML document that the legacy program would read; the message says why."""


@dataclass(slots=True)
class _Anchor:
    """An anchored value: how often it stands in the result so far, and how much one use weighs."""

    value: Any = None
    parts: _Parts = None
    complete: bool = False
    count: int = 1
    weight: int = -1


@dataclass(slots=True)
class _Node:
    """A value, and what is needed to weigh it: its parts (None for a scalar) or the anchor it repeats."""

    value: Any
    parts: _Parts = None
    alias: _Anchor | None = None
    scalar: bool = False


_Parts = list[_Node] | None


@functools.lru_cache(maxsize=512)  # the same few files are read again after each step
def load(text: str) -> Any:
    """Returns what a YAML text says: dict (text keys), list, str, int, float, bool or None; not to be changed.

    Raises:
        YamlInvalidError: a syntax error, a duplicate key, more than one document, or too much nesting or aliasing.
    """
    parser = YAML(typ="safe", pure=True)
    try:
        return _Composer(parser.parse(text)).document()
    except YAMLError as error:
        raise YamlInvalidError(str(error).partition("\n")[0]) from error
    except (ValueError, LookupError, OverflowError, AttributeError, NotImplementedError) as error:
        # ruamel lets these out for a few malformed texts, such as an escape beyond U+10FFFF.
        raise YamlInvalidError(str(error)) from error


@dataclass(slots=True)
class _Composer:
    events: Iterator[Event]
    anchors: dict[str, _Anchor] = field(default_factory=dict)

    def document(self) -> Any:
        value = None
        seen = False
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                if seen:
                    raise YamlInvalidError("more than one document")
                seen = True
                value = self.node(next(self.events), 1).value
            elif not isinstance(event, StreamStartEvent | DocumentEndEvent | StreamEndEvent):
                raise YamlInvalidError(f"unexpected {type(event).__name__}")
        return value

    def node(self, event: Event, depth: int) -> _Node:
        if depth > MAX_DEPTH:
            raise YamlInvalidError(f"nested deeper than {MAX_DEPTH} levels")
        name: str | None = getattr(event, "anchor", None)
        if isinstance(event, AliasEvent):
            return self.repeated(name or "")
        anchor = _Anchor()
        if name is not None:
            self.anchors[name] = anchor
        if isinstance(event, ScalarEvent):
            node = _Node(_scalar(event), scalar=True)
        elif isinstance(event, SequenceStartEvent):
            node = self.sequence(depth)
        elif isinstance(event, MappingStartEvent):
            node = self.mapping(depth)
        else:
            raise YamlInvalidError(f"unexpected {type(event).__name__}")
        anchor.value, anchor.parts, anchor.complete = node.value, node.parts, True
        return node

    def sequence(self, depth: int) -> _Node:
        parts = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            parts.append(self.node(event, depth + 1))
        return _Node([part.value for part in parts], parts)

    def mapping(self, depth: int) -> _Node:
        parts: list[_Node] = []
        keys: set[tuple[str, Any]] = set()
        value: dict[str, Any] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            key = self.node(event, depth + 1)
            if key.scalar:
                identity = _key_identity(key.value)
                if identity in keys:
                    raise YamlInvalidError(f"the key {key.value!r} occurs twice")
                keys.add(identity)
            inner = self.node(next(self.events), depth + 1)
            value[_key_text(key.value)] = inner.value
            parts += [key, inner]
        return _Node(value, parts)

    def repeated(self, name: str) -> _Node:
        anchor = self.anchors.get(name)
        if anchor is None:
            raise YamlInvalidError(f"the alias {name!r} has no anchor")
        if not anchor.complete:
            raise YamlInvalidError(f"the alias {name!r} stands inside its own anchor")
        anchor.count += 1
        if anchor.weight < 0:
            anchor.weight = 1 if anchor.parts is None else _weight(anchor.parts)
        if anchor.count * anchor.weight > MAX_ALIASES:
            raise YamlInvalidError(f"the alias {name!r} repeats too much")
        return _Node(anchor.value, alias=anchor)


def _weight(parts: list[_Node]) -> int:
    return max(map(_weight_of, parts), default=0)


def _weight_of(node: _Node) -> int:
    if node.alias is not None:
        return node.alias.count * node.alias.weight
    return 1 if node.parts is None else _weight(node.parts)


def _scalar(event: ScalarEvent) -> Any:
    text: str = event.value
    if event.implicit[0] or (event.tag is not None and str(event.tag) in _TYPED):
        return _plain(text)
    return sound_text(text)


def _plain(text: str) -> Any:
    """Returns what a plain scalar means in the core schema."""
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return bool(_TRUE.fullmatch(text))
    number = _number(text)
    return sound_text(text) if number is None else number


def _number(text: str) -> float | None:
    if _OCTAL.fullmatch(text):
        return _double(int(text, 0))
    if _HEX.fullmatch(text):
        return _double(int(text, 0))
    if _DECIMAL.fullmatch(text):
        return _double(int(text)) if len(text) < 18 else float(text)
    if match := _INFINITE.fullmatch(text):
        return float(match[1] + "inf")
    if _NAN.fullmatch(text):
        return float("nan")
    return float(text) if _FLOAT.fullmatch(text) else None


def _double(number: int) -> float:
    """Returns an integer as a JavaScript number: exact where a double is, rounded beyond."""
    if abs(number) <= _EXACT:
        return number
    try:
        return float(number)
    except OverflowError:
        return float("inf")


def _key_identity(value: Any) -> tuple[str, Any]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return type(value).__name__, value
    return "number", value


def _key_text(value: Any) -> str:
    """Returns the property name that JavaScript gives to a key."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    return value if isinstance(value, str) else json.dumps(value)
