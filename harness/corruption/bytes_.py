"""Damage to the bytes of one file; whatever the format."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from harness.home import Home

_BOM = b"\xef\xbb\xbf"


def emptied(home: Home, path: str) -> Home:
    """Returns the home with the file cut to no bytes, as a crash between creation and first write leaves it."""
    return home.with_file(path, b"")


def blanked(home: Home, path: str) -> Home:
    """Returns the home with nothing but white space in the file."""
    return home.with_file(path, b" \n\t\n")


def truncated(home: Home, path: str, random: Random) -> Home | None:
    """Returns the home with the file cut somewhere before its last visible byte; None for fewer than two bytes."""
    content = home.content(path).rstrip()
    return home.with_file(path, content[: random.randrange(1, len(content))]) if len(content) > 1 else None


def with_bom(home: Home, path: str) -> Home | None:
    """Returns the home with a UTF-8 byte order mark before the file's text; None where there is one."""
    content = home.content(path)
    return None if content.startswith(_BOM) else home.with_file(path, _BOM + content)


def with_crlf(home: Home, path: str) -> Home | None:
    """Returns the home with Windows line ends in the file; None where it has no plain ones."""
    content = home.content(path)
    changed = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return None if changed == content else home.with_file(path, changed)


def replaced(home: Home, path: str, old: bytes, new: bytes) -> Home | None:
    """Returns the home with the first `old` in the file replaced; None where there is none."""
    content = home.content(path)
    return home.with_file(path, content.replace(old, new, 1)) if old in content else None


def with_largest_halved(home: Home, folders: Sequence[str]) -> Home | None:
    """Returns the home after the largest file in the folders lost its second half; None where there is none."""
    found = [
        (entry.size, path)
        for path, entry in home.entries.items()
        if entry.kind == "file" and entry.size > 1 and path.startswith(tuple(f"{top}/" for top in folders))
    ]
    if not found:
        return None
    size, path = max(found)
    return home.with_file(path, home.content(path)[: size // 2])
