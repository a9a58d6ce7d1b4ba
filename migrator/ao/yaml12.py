"""YAML as the legacy tool's parser (npm `yaml`, YAML 1.2 core schema) reads it.

PyYAML's own loader follows YAML 1.1: there `yes` is true, `0755` is 493 and `12:30:45` is 45045. So only its
event stream is used, and the values are built here, without recursion: depth cannot hurt.
"""

import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

MAX_ALIASES = 100

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

    def __init__(self, value: Any, anchor: str | None = None) -> None:
        self.value, self.anchor = value, anchor
        self.key: Any = NO_KEY
        self.weight = 1

    def take(self, item: Any, weight: int = 1) -> None:
        self.weight = max(self.weight, weight)
        if isinstance(self.value, list):
            self.value.append(item)
        elif self.key is NO_KEY:
            self.key = js_text(item)
            if self.key in self.value:
                raise ValueError(f"the key {self.key!r} appears twice")
        else:
            self.value[self.key] = item
            self.key = NO_KEY


class _Anchors:
    """What aliases stand for, and how often each was used."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Any, int]] = {}
        self._uses: dict[str, int] = {}

    def keep(self, name: str | None, value: Any, weight: int = 1) -> None:
        if name:
            self._known[name], self._uses[name] = (value, weight), 0

    def use(self, name: Any) -> tuple[Any, int]:
        if name not in self._known:
            raise ValueError(f"the alias *{name} names nothing")
        self._uses[name] += 1
        value, weight = self._known[name]
        if self._uses[name] * weight > MAX_ALIASES:
            raise ValueError("too many aliases")
        return value, self._uses[name] * weight


def load(data: bytes) -> Any:
    """The one document in `data`. Raises ValueError with one line that says what is wrong."""
    import yaml  # noqa: PLC0415 - most commands read no YAML

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _build(yaml.parse(data.decode("utf-8-sig"), Loader=loader))
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(" ".join(str(error).split())) from error


def _build(events: Iterator[Any]) -> Any:
    from yaml import events as kinds  # noqa: PLC0415 - as above

    stack, anchors, documents = [_Open([])], _Anchors(), 0
    for event in events:
        if isinstance(event, kinds.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise ValueError("more than one document")
        elif isinstance(event, kinds.AliasEvent):
            stack[-1].take(*anchors.use(event.anchor))
        elif isinstance(event, kinds.ScalarEvent):
            value = _scalar(event)
            anchors.keep(event.anchor, value)
            stack[-1].take(value)
        elif isinstance(event, kinds.CollectionStartEvent):
            stack.append(_Open({} if isinstance(event, kinds.MappingStartEvent) else [], event.anchor))
        elif isinstance(event, kinds.CollectionEndEvent):
            done = stack.pop()
            anchors.keep(done.anchor, done.value, done.weight)
            stack[-1].take(done.value, done.weight)
    whole = stack[0].value
    return whole[0] if whole else None


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
    if INTEGER.fullmatch(text) and len(text) < 400:
        return int(text)
    return float(text) if FLOAT.fullmatch(text) else text


def js_text(value: Any) -> str:
    """A scalar as JavaScript's `String()` gives it; null, as a key, is the empty text."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    return _js_number(value) if isinstance(value, int | float) else type(value).__name__


def _js_number(value: float) -> str:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf if value > 0 else -math.inf
    if not math.isfinite(number):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(number, "NaN")
    if number == int(number) and abs(number) < 1e21:
        return str(int(number))
    if 1e-6 <= abs(number) < 1e-4:
        return format(Decimal(repr(number)), "f")
    return re.sub(r"e([+-])0", r"e\1", repr(number))
