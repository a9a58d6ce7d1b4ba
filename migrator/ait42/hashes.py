"""A set of texts that only answers whether a text is in it: 64 bits of each, which tell millions apart."""

from array import array

FIRST = 1 << 10


class Hashes:
    """The texts that were added; it takes a tenth of the memory that a set of them takes."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """No text is in it."""
        self._slots, self._mask, self._count = array("q", bytes(8 * FIRST)), FIRST - 1, 0

    def __contains__(self, text: object) -> bool:
        slots, mask = self._slots, self._mask  # every message of a home comes by here: no call more
        code = hash(text) or 1
        place = code & mask
        while found := slots[place]:
            if found == code:
                return True
            place = (place + 1) & mask
        return False

    def add(self, text: str) -> None:
        """The text is in it."""
        if text not in self:
            self._set(hash(text) or 1)
            self._count += 1
            if 2 * self._count > self._mask:
                self._grow()

    def _set(self, code: int) -> None:
        slots, mask = self._slots, self._mask
        place = code & mask
        while slots[place]:
            place = (place + 1) & mask
        slots[place] = code

    def _grow(self) -> None:
        old, size = self._slots, 2 * (self._mask + 1)
        self._slots, self._mask = array("q", bytes(8 * size)), size - 1
        for code in filter(None, old):
            self._set(code)
