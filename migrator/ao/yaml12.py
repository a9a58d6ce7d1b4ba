"""YAML as the legacy tool's parser (npm `yaml`, YAML 1.2 core schema) reads it.

PyYAML's own loader follows YAML 1.1: there `yes` is true, `0755` is 493 and `12:30:45` is 45045. So only its
event stream is used, and the values are built here, without recursion: depth cannot hurt.
"""

import math
import re
from collections.abc import Iterator
from typing import Any

BOUND = 4 << 20  # bytes: ten thousand projects; more would take minutes and gigabytes
MAX_DEPTH = 256
MAX_ALIASES = 100  # of npm `yaml`: uses of an anchor, times the costliest alias use inside it
WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
NO_KEY = object()


class _Open:
    """A collection that is being filled; `weight` is the costliest alias use inside."""

    def __init__(self, value: Any, anchor: str | None = None) -> None:
        self.value, self.anchor, self.weight = value, anchor, 1
        self.key: Any = NO_KEY
        self.keys: set[tuple[bool, Any]] = set()  # JavaScript tells 1 from "1" and from true, not from 1.0

    def take(self, item: Any, weight: int = 1) -> None:
        self.weight = max(self.weight, weight)
        if isinstance(self.value, list):
            self.value.append(item)
        elif self.key is NO_KEY:
            self.key = js_text(item)
            if not isinstance(item, dict | list):
                if (isinstance(item, bool), item) in self.keys:
                    raise ValueError(f"the key {self.key!r} appears twice")
                self.keys.add((isinstance(item, bool), item))
        else:
            self.value[self.key], self.key = item, NO_KEY


def load(data: bytes) -> Any:
    """The one document in `data`. Raises ValueError with one line that says what is wrong."""
    import yaml  # noqa: PLC0415 - slow to import, and most commands read no YAML

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
        return _build(yaml.parse(text, Loader=loader), yaml)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())) from error


def _build(events: Iterator[Any], yaml: Any) -> Any:
    whole = _Open([])
    stack, anchors = [whole], dict[str, list[Any]]()  # by name: value, weight, uses
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            if whole.value:
                raise ValueError("more than one document")
        elif isinstance(event, yaml.AliasEvent):
            stack[-1].take(*_alias(anchors, event.anchor))
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(stack) > MAX_DEPTH:
                raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
            stack.append(_Open({} if isinstance(event, yaml.MappingStartEvent) else [], event.anchor))
        elif isinstance(event, yaml.ScalarEvent | yaml.CollectionEndEvent):
            done = _Open(_scalar(event), event.anchor) if isinstance(event, yaml.ScalarEvent) else stack.pop()
            if done.anchor:
                anchors[done.anchor] = [done.value, done.weight, 0]
            stack[-1].take(done.value, done.weight)
    return whole.value[0] if whole.value else None


def _alias(anchors: dict[str, list[Any]], name: str) -> tuple[Any, int]:
    if name not in anchors:
        raise ValueError(f"the alias *{name} names nothing")
    value, weight, uses = anchors[name]
    anchors[name][2] = uses + 1
    if (uses + 1) * weight > MAX_ALIASES:
        raise ValueError("too many aliases")
    return value, (uses + 1) * weight


def _scalar(event: Any) -> Any:
    text: str = event.value
    if event.tag is None:
        return _plain(text) if event.implicit[0] else text
    return text if event.tag.endswith(":str") or event.tag[0] == "!" else _plain(text)


def _plain(text: str) -> Any:
    if text in WORDS:
        return WORDS[text]
    if re.fullmatch("0o[0-7]+|0x[0-9a-fA-F]+", text):
        return int(text, 0)
    if re.fullmatch("[-+]?[0-9]+", text) and len(text) < 400:
        return int(text)
    number = re.fullmatch(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", text)
    return float(text) if number else text


def js_text(value: Any) -> str:
    """A scalar as JavaScript's `String()` gives it; null, as a key, is the empty text."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return _js_number(value)
    return value if isinstance(value, str) else type(value).__name__


def _js_number(value: float) -> str:
    try:
        number = float(value) + 0.0  # no minus before zero
    except OverflowError:
        number = math.inf if value > 0 else -math.inf
    if not math.isfinite(number):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(number, "NaN")
    digits, _, exponent = repr(number).partition("e")
    power, sign = int(exponent or 0), "-" if number < 0 else ""
    bare = digits.lstrip("-").replace(".", "")
    if 0 < power < 21:
        return sign + bare.ljust(power + 1, "0")
    if -7 < power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{bare}"
    return f"{digits}e{power:+d}" if power else digits.removesuffix(".0")
