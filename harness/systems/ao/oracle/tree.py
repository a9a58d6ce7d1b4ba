"""Looking into a home: which names a directory holds, and what may be read of a file.

Links are followed only where they stay in the home; what lies outside counts as absent.
"""

from __future__ import annotations

import posixpath

from harness.home import Entry, Home

MAX_FILE = 16 * 1024 * 1024
"""Bytes beyond which no session file is read (docs/contract.md)."""

MAX_SMALL = 4 * 1024 * 1024
"""Bytes beyond which no configuration and no overlay is read (docs/contract.md)."""

_BOM = b"\xef\xbb\xbf"


class NotReadableError(Exception):
    """A path cannot be read as a file; the message says why."""


class Tree:
    """A home with its directories indexed, so that listing them costs what they hold."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._names: dict[str, list[str]] = {}
        for path in sorted(home.entries):
            if path != ".":
                self._names.setdefault(posixpath.dirname(path) or ".", []).append(posixpath.basename(path))

    def names(self, path: str) -> list[str]:
        """Returns the sorted names in a directory; none when it is no directory or may not be listed."""
        return self._names.get(path, []) if self.may_list(path) else []

    def may_list(self, path: str) -> bool:
        """Tells whether a path is a directory that its owner may look into."""
        entry = self.home.get(path)
        return entry is not None and entry.kind == "dir" and entry.mode & 0o500 == 0o500

    def directory(self, absolute: str) -> str | None:
        """Returns where in the home a directory lies once links are followed, or None when it is none there."""
        inside = self.home.relative(self.home.resolve(absolute))
        if inside is None or not self.may_reach(inside):
            return None
        entry = self.home.get(inside)
        return inside if entry is not None and entry.kind == "dir" else None

    def may_reach(self, path: str) -> bool:
        """Tells whether the owner may pass through every directory above a path of the home."""
        while path != ".":
            path = posixpath.dirname(path) or "."
            entry = self.home.get(path)
            if entry is not None and entry.kind == "dir" and entry.mode & 0o100 == 0:
                return False
        return True

    def may_write(self, path: str) -> bool:
        """Tells whether a path is a directory in which the owner may make files for good, or can become one.

        Only a directory that can be read can be forced to the disk.
        """
        while path not in self.home.entries:
            path = posixpath.dirname(path) or "."
        entry = self.home.entries[path]
        return entry.kind == "dir" and entry.mode & 0o700 == 0o700 and self.may_reach(path)

    def file(self, absolute: str) -> tuple[str, Entry] | None:
        """Returns path and entry of the regular file at an absolute path, its parents' links followed, not its own."""
        parent = self.directory(posixpath.dirname(absolute))
        if parent is None:
            return None
        path = posixpath.normpath(posixpath.join(parent, posixpath.basename(absolute)))
        entry = self.home.get(path)
        return (path, entry) if entry is not None and entry.kind == "file" else None

    def read(self, path: str, bound: int = MAX_FILE) -> bytes:
        """Returns the content of a regular file.

        Raises:
            NotReadableError: it is no file, may not be read, or is larger than `bound` bytes.
        """
        entry = self.home.get(path)
        if entry is None or entry.kind != "file":
            raise NotReadableError(f"{path}: not a regular file")
        if not entry.mode & 0o400 or not self.may_reach(path):
            raise NotReadableError(f"{path}: no permission to read it")
        if entry.size > bound:
            raise NotReadableError(f"{path}: larger than {bound} bytes")
        return self.home.content(path)

    def text_at(self, absolute: str) -> str | None:
        """Returns the text of a small file at an absolute path, links followed; None when it cannot be read."""
        content = self.bytes_at(absolute)
        return None if content is None else text_of(content)

    def bytes_at(self, absolute: str) -> bytes | None:
        """Returns the content of a small file at an absolute path, links followed; None when it cannot be read."""
        inside = self.home.relative(self.home.resolve(absolute))
        try:
            return None if inside is None else self.read(inside, MAX_SMALL)
        except NotReadableError:
            return None


def text_of(content: bytes) -> str:
    """Returns bytes as text: one UTF-8 byte order mark dropped, what is not UTF-8 replaced by U+FFFD."""
    return content.removeprefix(_BOM).decode("utf-8", "replace")


def is_utf8(content: bytes) -> bool:
    """Tells whether bytes are text throughout."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def slug(path: str) -> str:
    """Returns the name of the folder in which Claude keeps the transcripts of a working directory.

    Each UTF-16 unit outside ``[a-zA-Z0-9-]`` becomes a dash, so an emoji gives two
    (``packages/plugins/agent-claude-code/src/activity-detection.ts``).
    """
    units = path.encode("utf-16-le", "surrogatepass")
    letters = (units[at] if units[at + 1] == 0 else 0 for at in range(0, len(units), 2))
    return "".join(
        chr(unit) if unit < 128 and (chr(unit).isalnum() or unit == 45) else "-" for unit in letters
    )
