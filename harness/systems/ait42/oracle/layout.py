"""What lies in ``~/.ait42``: the session files, and the fate of every other entry."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.expectation import Disposition, Fate
from harness.home import Entry, Home
from harness.systems.ait42.oracle.serde import Row, UnusableError, decode

LEGACY = ".ait42"
SESSIONS = f"{LEGACY}/sessions"
MAPPING = "workspace_mapping.json"
MAX_FILE = 1 << 30  # bytes; larger session files are not read
_NAME = re.compile(r"([0-9a-f]{16})\.json")
_TARGET = frozenset("sessions.db" + suffix for suffix in ("", "-wal", "-shm", "-journal"))


@dataclass(frozen=True, slots=True)
class SessionFile:
    """A session file that could be read: the name of the file without ending, and its elements."""

    hash: str
    elements: list[Row]

    @property
    def source(self) -> str:
        """Returns the path by which the file is named."""
        return f"{SESSIONS}/{self.hash}.json"


def directory(home: Home, absolute: str) -> str | None:
    """Returns where in the home a directory lies once links are followed, or None where it is none there."""
    inside = home.relative(home.resolve(absolute))
    entry = None if inside is None else home.get(inside)
    return inside if entry is not None and entry.kind == "dir" else None


def may_list(home: Home, path: str) -> bool:
    """Tells whether the owner of a directory may look into it."""
    return home.entries[path].mode & 0o500 == 0o500


def legacy_root(home: Home) -> str | None:
    """Returns where ``~/.ait42`` lies, or None where there is no such directory in the home."""
    return directory(home, f"{home.root}/{LEGACY}")


def readable_sessions(home: Home, root: str) -> str | None:
    """Returns where the sessions folder lies, or None where there is none that can be looked into."""
    folder = directory(home, f"{home.root}/{root}/sessions")
    return folder if folder is not None and may_list(home, folder) else None


def other_fates(home: Home, root: str) -> Iterator[Fate]:
    """Yields the fate of each entry of ``~/.ait42`` but of the target, and of the sessions folder where it is of use."""
    for name in home.children(root):
        if name == "sessions":
            yield from _folder_fate(home, root)
        elif name not in _TARGET:
            yield _other(f"{LEGACY}/{name}", _reason(name))


def _reason(name: str) -> str:
    if name == "sessions.json":
        return "legacy-generation"
    if name == MAPPING:
        return "mapping"
    return "archive" if name == "sessions_archive" or name.startswith("sessions_backup_") else "not-migrated"


def _folder_fate(home: Home, root: str) -> Iterator[Fate]:
    folder = directory(home, f"{home.root}/{root}/sessions")
    if folder is None:
        yield _other(SESSIONS, "not-a-folder", "set-aside")
    elif not may_list(home, folder):
        yield _other(SESSIONS, "unreadable", "set-aside")
    elif not home.children(folder):
        yield _other(SESSIONS, "not-migrated")


def session_files(home: Home, folder: str) -> Iterator[SessionFile | Fate]:
    """Yields each file of the sessions folder that holds sessions, and the fate of every other entry of it."""
    for name in home.children(folder):
        match = _NAME.fullmatch(name)
        if match is None:
            yield _other(f"{SESSIONS}/{name}", "unexpected-file")
            continue
        path = f"{folder}/{name}"
        try:
            elements = _elements(home, path, home.entries[path])
        except UnusableError as error:
            told: Disposition = "skipped" if error.reason in {"empty-file", "no-sessions"} else "set-aside"
            yield Fate("file", f"{SESSIONS}/{name}", match[1], told, error.reason)
        else:
            yield SessionFile(match[1], elements)


def _elements(home: Home, path: str, entry: Entry) -> list[Row]:
    if entry.kind != "file":
        raise UnusableError("not-a-regular-file")
    if entry.size > MAX_FILE:
        raise UnusableError("too-large")
    if not entry.mode & 0o400:
        raise UnusableError("unreadable")
    elements = decode(home.content(path))
    if not elements:
        raise UnusableError("no-sessions")
    return elements


def _other(source: str, reason: str, told: Disposition = "skipped") -> Fate:
    return Fate("other", source, posixpath.basename(source), told, reason)
