"""What the editor's parser accepts, takes for empty and refuses: each row is what serde_json did on the real structs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ait42_homes import instance, message, session

from harness.systems.ait42.oracle.serde import UnusableError, decode


def text(*rows: Any) -> str:
    return json.dumps(rows, indent=2, ensure_ascii=False)


def edited(old: str, new: str) -> bytes:
    rows = session(instances=[instance()], chatHistory=[message()])
    whole = text(rows)
    assert old in whole
    return whole.replace(old, new, 1).encode("utf-8", "surrogatepass")


ACCEPTED = {
    "unknown keys": edited('"task":', '"evaluation": {"a": [1.5, -2, true, null]}, "task":'),
    "a snake case extra": edited('"task":', '"workspace_path": "/x", "task":'),
    "an unknown key twice": edited('"task":', '"x": 1, "x": 2, "task":'),
    "half a pair in an unknown value": edited('"task":', '"x": "\\ud800", "task":'),
    "unknown status": edited('"running"', '"who knows"'),
    "CRLF": text(session()).replace("\n", "\r\n").encode(),
    "white space around": b"\n\t " + text(session()).encode() + b" \n",
    "the largest u32": edited('"winnerId": null', '"winnerId": 4294967295'),
    "the largest u64": edited('"totalDuration": null', '"totalDuration": 18446744073709551615'),
    "absent optional keys": json.dumps([{k: v for k, v in session().items() if v is not None}]).encode(),
    "an escaped NUL": edited("do it", "do\\u0000it"),
    "a whole pair": edited("do it", "\\ud83d\\ude00"),
    "a huge unknown number": edited('"task":', f'"x": {"9" * 5000}, "task":'),
}
REFUSED = {
    "corrupt-json": {
        "truncation": text(session()).encode()[:-20],
        "trailing text": text(session()).encode() + b"x",
        "two arrays": text(session()).encode() * 2,
        "a known key twice": edited('"task":', '"task": "a", "task":'),
        "a known key of a message twice": edited('"role":', '"role": "user", "role":'),
        "BOM": b"\xef\xbb\xbf" + text(session()).encode(),
        "NUL at the head": b"\0\0" + text(session()).encode(),
        "NUL at the tail": text(session()).encode() + b"\0",
        "only NUL": b"\0" * 50,
        "half a surrogate pair": edited("do it", "do \\ud83d it"),
        "half a surrogate pair in a key": edited('"task":', '"\\udc00": 1, "task":'),
        "half a pair among runtimes": edited('"runtimeMix": null', '"runtimeMix": ["\\ud800"]'),
        "raw control character": edited("do it", "do\x1bit"),
        "NaN": edited('"winnerId": null', '"winnerId": NaN'),
        "Infinity in an unknown key": edited('"task":', '"x": -Infinity, "task":'),
        "comment": edited("[\n", "[ // x\n"),
        "leading zero": edited('"winnerId": null', '"winnerId": 01'),
        "single quotes": edited('"running"', "'running'"),
        "trailing comma": text(session()).encode()[:-2] + b",\n]",
    },
    "invalid-encoding": {
        "latin-1": edited("do it", "do it").replace(b"do it", b"caf\xe9"),
        "raw surrogate": edited("do it", "do \ud83d it"),
        "cut in a character": "[やっ".encode()[:-1],
    },
    "not-an-array": {
        "object": json.dumps(session()).encode(),
        "null": b"null",
        "wrapper": json.dumps({"sessions": [session()]}).encode(),
        "text": b'"x"',
        "number": b"3",
    },
    "wrong-shape": {
        "null arrays": edited('"chatHistory": [', '"chatHistory": null, "x": ['),
        "float": edited('"winnerId": null', '"winnerId": 12.5'),
        "whole float": edited('"winnerId": null', '"winnerId": 12.0'),
        "exponent": edited('"winnerId": null', '"winnerId": 1e2'),
        "negative": edited('"winnerId": null', '"winnerId": -1'),
        "minus zero": edited('"winnerId": null', '"winnerId": -0'),
        "beyond u32": edited('"winnerId": null', '"winnerId": 4294967296'),
        "beyond u64": edited('"totalDuration": null', '"totalDuration": 18446744073709551616'),
        "far beyond": edited('"totalDuration": null', f'"totalDuration": {"9" * 6000}'),
        "1 for true": edited('"preserveWorktrees": null', '"preserveWorktrees": 1'),
        "text for true": edited('"preserveWorktrees": null', '"preserveWorktrees": "true"'),
        "true for 1": edited('"winnerId": null', '"winnerId": true'),
        "number as text": edited('"winnerId": null', '"winnerId": "1"'),
        "text as number": edited('"do it やって"', "7"),
        "text for the runtimes": edited('"runtimeMix": null', '"runtimeMix": "claude"'),
        "a null runtime in the mix": edited('"runtimeMix": null', '"runtimeMix": [null]'),
        "element is null": b"[null]",
        "element is a text": b'["s"]',
        "message is a text": edited('"chatHistory": [', '"chatHistory": ["m",'),
        "null instance number": edited('"instanceId": 1', '"instanceId": null'),
    },
    "empty-file": {"no bytes": b"", "white space": b" \n\t\r\n", "a wide space": "\u3000\u00a0".encode()},
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_it_is_accepted(name: str) -> None:
    assert [row["id"] for row in decode(ACCEPTED[name])] == ["s-1"]


@pytest.mark.parametrize(
    ("reason", "name"), [(reason, name) for reason, all_ in REFUSED.items() for name in all_]
)
def test_it_is_refused(reason: str, name: str) -> None:
    with pytest.raises(UnusableError) as caught:
        decode(REFUSED[reason][name])
    assert caught.value.reason == reason


@pytest.mark.parametrize("key", [k for k, v in session().items() if v is not None])
def test_a_required_key_that_is_missing_or_null_is_refused(key: str) -> None:
    for rows in ([{k: v for k, v in session().items() if k != key}], [session(**{key: None})]):
        with pytest.raises(UnusableError, match="wrong-shape"):
            decode(json.dumps(rows).encode())


def test_an_empty_array_is_no_error() -> None:
    assert decode(b"[]") == []


def test_absent_keys_are_read_as_null() -> None:
    rows = json.loads(text(session(instances=[instance()])))
    bare = json.loads(text(session(instances=[instance()])))
    for row in (bare[0], bare[0]["instances"][0]):
        for key in [k for k, v in row.items() if v is None]:
            del row[key]
    assert decode(json.dumps(bare).encode()) == decode(json.dumps(rows).encode())
