"""Logs and rollback journals of SQLite made from two images of a database; nothing here touches the disk."""

from __future__ import annotations

import struct
from collections.abc import Iterator

PAGE = 4096
"""Bytes; the page size of images that packs make."""

_SECTOR = 512
_NONCE = 0x5A17C0DE
_WAL_SALT = bytes.fromhex("5a17c0de0badf00d")


def write_ahead_log(before: bytes, after: bytes) -> bytes:
    """Returns the log of one transaction that turns one image into the other (https://sqlite.org/fileformat2.html)."""
    size = page_size(after)
    header = struct.pack(">6I", 0x377F0682, 3_007_000, size, 0, *struct.unpack(">2I", _WAL_SALT))
    sums = _checksum(header, (0, 0))
    parts = [header, struct.pack(">2I", *sums)]
    changed = list(_changed_pages(before, after, size))
    for number, page in changed:
        committed = len(after) // size if number == changed[-1][0] else 0
        head = struct.pack(">2I", number, committed)
        sums = _checksum(head + page, sums)
        parts += [head, _WAL_SALT, struct.pack(">2I", *sums), page]
    return b"".join(parts)


def rollback_journal(before: bytes, after: bytes) -> bytes:
    """Returns the journal that turns `after` back into `before`, as a killed writer leaves it beside its database."""
    size = page_size(before)
    changed = [number for number, _ in _changed_pages(after, before, size)]
    head = struct.pack(
        ">8s5I", bytes.fromhex("d9d505f920a163d7"), len(changed), _NONCE, len(before) // size, _SECTOR, size
    )
    parts = [head.ljust(_SECTOR, b"\0")]
    for number in changed:
        page = before[(number - 1) * size : number * size]
        check = (_NONCE + sum(page[size - 200 : 0 : -200])) & 0xFFFFFFFF
        parts += [struct.pack(">I", number), page, struct.pack(">I", check)]
    return b"".join(parts)


def page_size(image: bytes) -> int:
    """Returns the size in bytes of a database's pages, as its header tells."""
    size: int = struct.unpack(">H", image[16:18])[0]
    return 1 << 16 if size == 1 else size


def _changed_pages(before: bytes, after: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    for offset in range(0, len(after), size):
        page = after[offset : offset + size]
        if page != before[offset : offset + size]:
            yield offset // size + 1, page


def _checksum(data: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    first, second = sums
    words = struct.unpack(f"<{len(data) // 4}I", data)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
