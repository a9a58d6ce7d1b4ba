"""Logs and rollback journals of SQLite made from two images of a database; nothing here touches the disk."""

from __future__ import annotations

import struct
from collections.abc import Iterator

PAGE = 4096
"""Bytes; the page size of the images."""

_SECTOR = 512
_NONCE = 0x5A17C0DE
_WAL_SALT = bytes.fromhex("5a17c0de0badf00d")


def write_ahead_log(before: bytes, after: bytes) -> bytes:
    """Returns the log of one transaction that turns one image into the other (https://sqlite.org/fileformat2.html)."""
    header = struct.pack(">6I", 0x377F0682, 3_007_000, PAGE, 0, *struct.unpack(">2I", _WAL_SALT))
    sums = _checksum(header, (0, 0))
    parts = [header, struct.pack(">2I", *sums)]
    changed = list(_changed_pages(before, after))
    for number, page in changed:
        committed = len(after) // PAGE if number == changed[-1][0] else 0
        head = struct.pack(">2I", number, committed)
        sums = _checksum(head + page, sums)
        parts += [head, _WAL_SALT, struct.pack(">2I", *sums), page]
    return b"".join(parts)


def rollback_journal(before: bytes, after: bytes) -> bytes:
    """Returns the journal that turns `after` back into `before`, as a killed writer leaves it beside its database."""
    changed = [number for number, _ in _changed_pages(after, before)]
    head = struct.pack(
        ">8s5I", bytes.fromhex("d9d505f920a163d7"), len(changed), _NONCE, len(before) // PAGE, _SECTOR, PAGE
    )
    parts = [head.ljust(_SECTOR, b"\0")]
    for number in changed:
        page = before[(number - 1) * PAGE : number * PAGE]
        check = (_NONCE + sum(page[PAGE - 200 : 0 : -200])) & 0xFFFFFFFF
        parts += [struct.pack(">I", number), page, struct.pack(">I", check)]
    return b"".join(parts)


def _changed_pages(before: bytes, after: bytes) -> Iterator[tuple[int, bytes]]:
    for offset in range(0, len(after), PAGE):
        page = after[offset : offset + PAGE]
        if page != before[offset : offset + PAGE]:
            yield offset // PAGE + 1, page


def _checksum(data: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    first, second = sums
    words = struct.unpack(f"<{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
