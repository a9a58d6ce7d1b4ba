"""A tree under construction; unlike `Home`, it is changed in place."""

from __future__ import annotations

from harness.home import Blobs, Entry, Home, set_entry


class Tree:
    """Collects the entries of a home; times default to the home's own, directories above an entry are made."""

    def __init__(self, root: str, *, mtime_ns: int) -> None:
        self.root = root
        self.mtime_ns = mtime_ns
        self.entries: dict[str, Entry] = {".": Entry("dir", 0o700, mtime_ns)}
        self.blobs = Blobs()

    def file(
        self, path: str, content: bytes | str, *, mode: int = 0o644, mtime_ns: int | None = None
    ) -> None:
        """Sets a file; text becomes UTF-8."""
        data = content.encode() if isinstance(content, str) else content
        at = self.mtime_ns if mtime_ns is None else mtime_ns
        set_entry(self.entries, path, Entry("file", mode, at, len(data), self.blobs.keep(data)))

    def folder(self, path: str, *, mode: int = 0o755) -> None:
        """Sets a directory."""
        set_entry(self.entries, path, Entry("dir", mode, self.mtime_ns))

    def link(self, path: str, target: str) -> None:
        """Sets a symbolic link."""
        set_entry(self.entries, path, Entry("link", 0o777, self.mtime_ns, target=target))

    def home(self) -> Home:
        """Returns what was collected as a picture."""
        return Home(self.root, self.entries, self.blobs)
