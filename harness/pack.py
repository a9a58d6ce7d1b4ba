"""Contents by digest in one append-only file, so that thousands of small trees cost one file on disk."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import BinaryIO

from harness.home import Blobs, digest_of


class PackError(ValueError):
    """A pack is damaged; the message names the file and the content."""


class BlobPack(Blobs):
    """A `Blobs` that reads contents from its pack only when asked for them."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._data = folder / "blobs.bin"
        self._index = folder / "blobs.jsonl"
        self._places: dict[str, tuple[int, int]] = {}
        self._file: BinaryIO | None = None
        if self._index.exists():
            with self._index.open(encoding="ascii") as lines:
                for line in lines:
                    digest, offset, length = json.loads(line)
                    self._places[digest] = (offset, length)

    def add(self, digest: str, content: bytes) -> None:
        """Appends a content that the pack does not hold yet."""
        if digest in self._places:
            return
        packed = zlib.compress(content, 1)
        with self._data.open("ab") as data:
            offset = data.tell()
            data.write(packed)
        with self._index.open("a", encoding="ascii") as index:
            index.write(json.dumps([digest, offset, len(packed)]) + "\n")
        self._places[digest] = (offset, len(packed))

    def __missing__(self, digest: str) -> bytes:
        offset, length = self._places[digest]
        if self._file is None:
            self._file = self._data.open("rb")
        self._file.seek(offset)
        try:
            content = zlib.decompress(self._file.read(length))
        except zlib.error as error:
            raise PackError(f"{self._data}: the content {digest} cannot be unpacked ({error})") from error
        if digest_of(content) != digest:
            raise PackError(f"{self._data}: the content {digest} does not match its digest")
        return content

    def __contains__(self, digest: object) -> bool:
        return dict.__contains__(self, digest) or digest in self._places

    def close(self) -> None:
        """Closes the pack's file; reading opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None
