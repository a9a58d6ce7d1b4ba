"""Damage to the bytes and the kind of a session file, and values in it that the editor's parser refuses or accepts."""

from __future__ import annotations

import re
from random import Random

from harness.corruption import Corruption, bytes_, tree
from harness.home import Home
from harness.systems.ait42.places import Apply, Row, in_text, on_element, on_file, on_rows, rows_of, with_rows


def _nul_filled(home: Home, path: str, _: Random) -> Home:
    return home.with_file(path, b"\0" * home.entries[path].size)


def _nul_tail(home: Home, path: str, random: Random) -> Home:
    return home.with_file(path, home.content(path) + b"\0" * random.randrange(1, 4096))


def _nul_head(home: Home, path: str, random: Random) -> Home:
    content = home.content(path)
    size = random.randrange(1, min(512, len(content)))
    return home.with_file(path, b"\0" * size + content[size:])


def _stale_tail(home: Home, path: str, random: Random) -> Home:
    """The file was written anew, shorter, without cutting off what it held before."""
    content = home.content(path)
    return home.with_file(path, content + content[-random.randrange(2, min(200, len(content))) :])


def _concatenated(home: Home, path: str, _: Random) -> Home:
    return home.with_file(path, home.content(path) * 2)


def _latin_1(home: Home, path: str, _: Random) -> Home | None:
    return bytes_.replaced(home, path, b'"task": "', b'"task": "caf\xe9 ')


def _set(key: str, raw: str) -> Apply:
    """Returns a change that puts raw text in the place of a number or null of the first element."""
    place = re.compile(rf'("{key}": )[^,\n]+')

    def change(text: str) -> str | None:
        changed = place.sub(lambda match: match[1] + raw, text, count=1)
        return None if changed == text else changed

    return in_text(change)


def _without_key(row: Row, random: Random) -> None:
    row.pop(
        random.choice([key for key in ("task", "status", "createdAt", "instances") if key in row] or ["id"])
    )


def _bare(row: Row, _: Random) -> None:
    for key in [key for key, value in row.items() if value is None]:
        del row[key]
    row["evaluation"] = {"score": 0.5, "notes": ["x", None]}


def _emptied(home: Home, path: str, _: Random) -> Home:
    return home.with_file(path, b"[]")


def _link(home: Home, path: str, _: Random) -> Home | None:
    return tree.moved_behind_link(home, path, f"backup/{path.rpartition('/')[2]}")


def _wrapped(home: Home, path: str, _: Random) -> Home:
    return with_rows(home, path, {"version": 1, "sessions": rows_of(home, path)})


def _lone_object(home: Home, path: str, _: Random) -> Home:
    return with_rows(home, path, (rows_of(home, path) or [{}])[0])


def _reversed_keys(rows: list[Row], _: Random) -> bool:
    rows[:] = [dict(reversed(row.items())) for row in rows]
    return True


def _surrogate(text: str) -> str:
    return text.replace('"task": "', '"task": "\\ud83d ', 1)


def _twice(text: str) -> str:
    return text.replace('"task": ', '"task": "first", "task": ', 1)


def _control(text: str) -> str:
    return text.replace('"task": "', '"task": "\x1b[1m', 1)


def _comment(text: str) -> str:
    return text.replace("[", "[ // sessions\n", 1)


_BAD, _SHAPE = "corrupt-json", "wrong-shape"
_CUT = "corrupt-json invalid-encoding"  # the latter where a character is cut in two
_ROWS: tuple[tuple[str, str, str, Apply], ...] = (
    ("empty-file", "no bytes at all", "empty-file", on_file(lambda h, p, _: bytes_.emptied(h, p))),
    ("blank-file", "nothing but white space", "empty-file", on_file(lambda h, p, _: bytes_.blanked(h, p))),
    ("truncated", "cut short in the middle of a write", _CUT, on_file(bytes_.truncated)),
    ("nul-filled", "the right length, but only NUL, after a power loss", _BAD, on_file(_nul_filled)),
    ("nul-tail", "padded with NUL", _BAD, on_file(_nul_tail)),
    ("nul-head", "the first block is NUL", _BAD, on_file(_nul_head)),
    ("stale-tail", "the tail of an older, longer write follows", _CUT, on_file(_stale_tail)),
    ("concatenated", "two arrays, one after the other", _BAD, on_file(_concatenated)),
    ("byte-order-mark", "a byte order mark before the text", _BAD, on_file(lambda h, p, _: bytes_.with_bom(h, p))),
    ("lone-surrogate", "half a surrogate pair in a task", _BAD, in_text(_surrogate)),
    ("raw-control", "a raw control character in a task", _BAD, in_text(_control)),
    ("nan-literal", "NaN where a number belongs", _BAD, _set("totalDuration", "NaN")),
    ("comment", "a comment, as in other dialects", _BAD, in_text(_comment)),
    ("duplicate-key", "a key that stands twice", _BAD, in_text(_twice)),
    ("latin-1", "bytes that are no UTF-8", "invalid-encoding", on_file(_latin_1)),
    ("float-integer", "12.0 where a whole number belongs", _SHAPE, _set("timeoutSeconds", "12.0")),
    ("fraction", "12.5 where a whole number belongs", _SHAPE, _set("totalFilesChanged", "12.5")),
    ("negative", "a number below zero", _SHAPE, _set("winnerId", "-1")),
    ("beyond-u32", "a number beyond 32 bits", _SHAPE, _set("timeoutSeconds", "4294967296")),
    ("beyond-u64", "a number beyond 64 bits", _SHAPE, _set("totalDuration", "18446744073709551616")),
    ("number-as-text", "a number in quotes", _SHAPE, _set("winnerId", '"1"')),
    ("flag-as-number", "1 where true belongs", _SHAPE, _set("preserveWorktrees", "1")),
    ("missing-key", "a key that every session has is missing", _SHAPE, on_element(_without_key)),
    ("null-array", "null where the messages belong", _SHAPE, on_element(lambda row, _: row.update(chatHistory=None))),
    ("object-root", "one session without the array", "not-an-array", on_file(_lone_object)),
    ("null-root", "null", "not-an-array", on_file(lambda h, p, _: h.with_file(p, b"null"))),
    ("wrapped", "the array wrapped in an object", "not-an-array", on_file(_wrapped)),
    ("emptied", "all sessions were deleted", "no-sessions", on_file(_emptied)),
    ("folder", "a folder under the name of a session file", "not-a-regular-file",
     on_file(lambda h, p, _: tree.made_directory(h, p))),
    ("link", "a link to a session file elsewhere", "not-a-regular-file", on_file(_link)),
    ("fifo", "a FIFO under the name of a session file", "not-a-regular-file",
     on_file(lambda h, p, _: tree.made_fifo(h, p))),
    ("unreadable", "no permission to read it", "unreadable", on_file(lambda h, p, _: tree.made_unreadable(h, p))),
    ("too-large", "a session file of a gibibyte and a byte, all of it holes", "too-large",
     on_file(lambda h, p, _: h.with_holes(p, (1 << 30) + 1))),
    ("crlf", "Windows line ends", "", on_file(lambda h, p, _: bytes_.with_crlf(h, p))),
    ("bare-keys", "optional keys absent, unknown ones there", "", on_element(_bare)),
    ("other-order", "keys in another order", "", on_rows(_reversed_keys)),
    ("largest-u32", "the largest number that fits 32 bits", "", _set("totalLinesAdded", "4294967295")),
    ("exact-i64", "the largest number that the target holds", "", _set("totalDuration", "9223372036854775807")),
)  # fmt: skip

FILES = {
    name: Corruption(name, f"a session file: {summary}", frozenset(shown.split()), apply)
    for name, summary, shown, apply in _ROWS
}
