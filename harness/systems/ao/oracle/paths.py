"""Path text of the legacy files: expanded, absolute and clean, with no look at the disk."""

from __future__ import annotations

import posixpath


def absolute(root: str, path: str) -> str:
    """Returns a path with ``~`` and ``~/`` expanded against the home, made absolute against it, and cleaned."""
    if path == "~" or path.startswith("~/"):
        path = root + "/" + path[2:]
    return posixpath.normpath(posixpath.join(root, path))


def shown(root: str, path: str) -> str:
    """Returns an absolute path relative to the home when it lies inside, else as it is."""
    return path[len(root) + 1 :] if path.startswith(root + "/") else path
