"""A set of texts that only answers whether a text is in it: 64 bits of each, which tell millions apart."""

from array import array

FIRST, WHOLE = 1 << 10, (1 << 64) - 1


class Hashes:
    """The texts that were added; it takes a tenth of the memory that a set of them takes."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """No text is in it."""
        self._slots, self._mask, self._count = array("Q", bytes(8 * FIRST)), FIRST - 1, 0

    def __contains__(self, text: object) -> bool:
        return self._slots[self._place((hash(text) & WHOLE) or 1)] != 0

    def add(self, text: str) -> None:
        """The text is in it."""
        code = (hash(text) & WHOLE) or 1
        place = self._place(code)
        if not self._slots[place]:
            self._slots[place] = code
            self._count += 1
            if 2 * self._count > self._mask:
                self._grow()

    def _place(self, code: int) -> int:
        """Where the code is, or would be."""
        slots, mask = self._slots, self._mask
        place = code & mask
        while (found := slots[place]) and found != code:
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        old, size = self._slots, 2 * (self._mask + 1)
        self._slots, self._mask = array("Q", bytes(8 * size)), size - 1
        for code in old:
            if code:
                self._slots[self._place(code)] = code
