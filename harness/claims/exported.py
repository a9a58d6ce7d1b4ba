"""Reading what a rollback exported: JSON lines, parsed strictly and without trusting who wrote them."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from harness.claims.claim import UndecidedError
from harness.evidence import Evidence
from harness.home import ContentNotHeldError, Home
from harness.records import Record

Line = tuple[tuple[str, str, Any], ...]
"""A row in comparable form: column, kind of value and value, sorted by column."""


@dataclass(slots=True)
class Exports:
    """The lines found for each table, and what is wrong with the files: place and reason."""

    lines: dict[str, Counter[Line]] = field(default_factory=dict)
    defects: list[tuple[str, str]] = field(default_factory=list)


def read_exports(evidence: Evidence, before: Home, after: Home, tables: Iterable[str]) -> Exports:
    """Returns what lies as ``<table>.jsonl`` among the kept files of the home after, and did not before."""
    known, exports = set(tables), Exports()
    for path in sorted(after.entries):
        folder, _, name = path.rpartition("/")
        table, entry = name.removesuffix(".jsonl"), after.entries[path]
        if not (folder and name.endswith(".jsonl") and table in known and evidence.is_kept(path)):
            continue
        if entry.kind == "file" and not entry.same_but_time(before.get(path)):
            _read(path, _content(after, path), exports, table)
    return exports


def line_of(record: Record) -> Line:
    """Returns the line that a row must have."""
    return tuple(sorted((column, *_plain(value)) for column, value in record.items()))


def nearest(line: Line, lines: Iterable[Line]) -> dict[str, Any] | None:
    """Returns the line that agrees with the wanted one in most columns, None where none agrees in any."""
    wanted = set(line)
    best = max(lines, key=lambda other: len(wanted & set(other)), default=())
    return {column: value for column, _, value in best} if wanted & set(best) else None


def _content(home: Home, path: str) -> bytes:
    try:
        return home.content(path)
    except ContentNotHeldError as error:
        raise UndecidedError(f"the export cannot be read: {error}") from error


def _read(path: str, content: bytes, exports: Exports, table: str) -> None:
    lines = exports.lines.setdefault(table, Counter())
    pieces = content.split(b"\n")
    if pieces[-1]:
        exports.defects.append((f"{path}:{len(pieces)}", "no line end: the line may be cut short"))
    mine: Counter[Line] = Counter()
    for number, piece in enumerate(pieces, start=1):
        if not piece and number == len(pieces):
            continue
        try:
            line = _line(piece)
        except (ValueError, RecursionError) as error:
            exports.defects.append((f"{path}:{number}", str(error)))
            continue
        mine[line] += 1
        if mine[line] == 2:
            exports.defects.append((f"{path}:{number}", "the same row again"))
    lines.update(mine)


def _line(piece: bytes) -> Line:
    value = json.loads(piece.decode(), object_pairs_hook=_pairs, parse_constant=_constant)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - a defect of the file, not of the program
    return tuple(sorted((column, *_said(column, part)) for column, part in value.items()))


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a column stands twice")
    return dict(pairs)


def _constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _said(column: str, value: Any) -> tuple[str, Any]:
    if isinstance(value, dict):
        if value.keys() != {"base64"} or not isinstance(value["base64"], str):
            raise ValueError(f'{column} is an object other than {{"base64": "..."}}')
        return _plain(base64.b64decode(value["base64"], validate=True))
    if isinstance(value, bool | list):
        raise ValueError(f"{column} is {json.dumps(value)[:40]}, which no column can hold")  # noqa: TRY004
    return _plain(value)


def _plain(value: Any) -> tuple[str, Any]:
    """Returns kind and comparable form of a value; text that is no UTF-8 counts as its bytes."""
    if isinstance(value, str):
        try:
            return "text", value.encode().decode()
        except UnicodeEncodeError:
            return "bytes", value.encode("utf-8", "surrogateescape").hex()
    if isinstance(value, bytes):
        return "bytes", value.hex()
    return type(value).__name__, repr(value)
