"""A list that only grows and may be larger than memory: all but its end lies in a file without a name."""

import contextlib
import marshal
import os
import sys
from collections.abc import Iterable, Iterator
from typing import IO, Any, Generic, TypeVar

from migrator import scratch

T = TypeVar("T")

BLOCK = 128 << 10  # about how many bytes are held before they go to the file
HEAD = 8  # bytes before a block, its size
OTHER = 512  # bytes that an item is taken for which is no bytes itself


class Spool(Generic[T]):
    """Items of one kind, bytes or a tuple (a named one, too) of plain values, in the order in which they came.

    Where there is no room for the file they stay in memory: a report must not fail for want of a temporary one.
    """

    def __init__(self, kind: type[T], items: Iterable[T] = ()) -> None:
        self._kind: Any = kind
        self._file: IO[bytes] | None = None
        self._sized = kind is bytes
        self._tail, self._weight, self._ends, self._count = list[Any](), 0, 0, 0
        self.extend(items)

    def __del__(self) -> None:
        if self._file:
            self._file.close()

    def __len__(self) -> int:
        return self._count

    def append(self, item: T) -> None:
        """The item is the last one."""
        self._tail.append(item)
        self._count += 1
        self._weight += len(item) if self._sized else OTHER  # type: ignore[arg-type]
        if self._weight > BLOCK:
            self._spill()

    def extend(self, items: Iterable[T]) -> None:
        """The items are the last ones."""
        for item in items:
            self.append(item)

    def __iter__(self) -> Iterator[T]:
        """All items that were there when it began, however many are added meanwhile."""
        at, ends, tail = 0, self._ends, list(self._tail)
        while self._file and at < ends:
            size = int.from_bytes(os.pread(self._file.fileno(), HEAD, at), "big")
            block = marshal.loads(os.pread(self._file.fileno(), size, at + HEAD))  # noqa: S302 - nobody else can open it
            at += HEAD + size
            yield from block if self._kind in (bytes, tuple) else map(self._kind._make, block)
        yield from tail

    def _spill(self) -> None:
        self._weight = 0
        block = marshal.dumps(self._tail if self._kind in (bytes, tuple) else list(map(tuple, self._tail)))
        data = len(block).to_bytes(HEAD, "big") + block
        with contextlib.suppress(OSError):
            self._file = self._file or scratch.file()
            if os.pwrite(self._file.fileno(), data, self._ends) == len(data):
                self._tail, self._ends = [], self._ends + len(data)
                return
        self._weight = -sys.maxsize  # not again
