"""YAML as the legacy tool's parser (npm `yaml`, YAML 1.2 core schema) reads it.

PyYAML's own loader follows YAML 1.1: there `yes` is true, `0755` is 493 and `12:30:45` is 45045. So only its
event stream is used, and the values are built here, without recursion: depth cannot hurt.
"""

import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import yaml

MAX_ALIASES = 100
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

INTEGER = re.compile(r"[-+]?[0-9]+")
PREFIXED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
NO_KEY = object()


class _Open:
    """A collection that is being filled; `weight` is the costliest alias use inside, as npm `yaml` counts."""

    __slots__ = ("anchor", "key", "value", "weight")

    def __init__(self, value: Any, anchor: str | None) -> None:
        self.value, self.anchor = value, anchor
        self.key: Any = NO_KEY
        self.weight = 1

    def take(self, item: Any) -> None:
        if isinstance(self.value, list):
            self.value.append(item)
        elif self.key is NO_KEY:
            self.key = js_text(item)
            if self.key in self.value:
                raise ValueError(f"the key {self.key!r} appears twice")
        else:
            self.value[self.key] = item
            self.key = NO_KEY


def load(data: bytes) -> Any:
    """The one document in `data`. Raises ValueError with one line that says what is wrong."""
    try:
        return _build(yaml.parse(data.decode("utf-8-sig"), Loader=Loader))
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(" ".join(str(error).split())) from error


def _build(events: Iterator[Any]) -> Any:
    document = _Open([], None)
    stack, anchors, documents = [document], {}, 0
    uses: dict[str, int] = {}
    for event in events:
        top = stack[-1]
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise ValueError("more than one document")
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchors:
                raise ValueError(f"the alias *{event.anchor} names nothing")
            value, weight = anchors[event.anchor]
            uses[event.anchor] = uses.get(event.anchor, 0) + 1
            top.weight = max(top.weight, uses[event.anchor] * weight)
            if uses[event.anchor] * weight > MAX_ALIASES:
                raise ValueError("too many aliases")
            top.take(value)
        elif isinstance(event, yaml.ScalarEvent):
            value = _scalar(event)
            top.take(value)
            if event.anchor:
                anchors[event.anchor], uses[event.anchor] = (value, 1), 0
        elif isinstance(event, yaml.CollectionStartEvent):
            stack.append(_Open({} if isinstance(event, yaml.MappingStartEvent) else [], event.anchor))
        elif isinstance(event, yaml.CollectionEndEvent):
            done = stack.pop()
            stack[-1].take(done.value)
            stack[-1].weight = max(stack[-1].weight, done.weight)
            if done.anchor:
                anchors[done.anchor], uses[done.anchor] = (done.value, done.weight), 0
    return document.value[0] if document.value else None


def _scalar(event: Any) -> Any:
    text: str = event.value
    if not event.implicit[0] or event.tag:  # quoted, block, or tagged: only a tag can make it more than text
        return text if event.tag is None or event.tag.endswith(":str") or event.tag[0] == "!" else plain(text)
    return plain(text)


def plain(text: str) -> Any:
    """What an unquoted scalar stands for."""
    if text in WORDS:
        return WORDS[text]
    if PREFIXED.fullmatch(text):
        return int(text, 0)
    if INTEGER.fullmatch(text) and len(text) < 400:  # noqa: PLR2004 - beyond it, any double is infinite
        return int(text)
    return float(text) if FLOAT.fullmatch(text) else text


def js_text(value: Any) -> str:
    """A scalar as JavaScript's `String()` gives it; null, as a key, is the empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, int | float):
        return str(value) if isinstance(value, str) else type(value).__name__
    try:
        number = float(value)
    except OverflowError:
        number = math.copysign(math.inf, value)
    if not math.isfinite(number):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(number, "NaN")
    if number == int(number) and abs(number) < 1e21:  # noqa: PLR2004 - from here JavaScript writes exponents
        return str(int(number))
    if 1e-6 <= abs(number) < 1e-4:  # noqa: PLR2004 - Python writes exponents earlier than JavaScript
        return format(Decimal(repr(number)), "f")
    return re.sub(r"e([+-])0", r"e\1", repr(number))
