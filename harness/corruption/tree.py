"""Damage to the tree: other kinds of things in a file's place, copies and moves."""

from __future__ import annotations

import posixpath
from dataclasses import replace

import msgspec

from harness.home import Home


def made_directory(home: Home, path: str) -> Home:
    """Returns the home with a directory, and a file in it, in the file's place."""
    content = home.content(path)
    return home.with_kind(path, "dir", mode=0o755).with_file(f"{path}/part", content)


def made_link(home: Home, path: str, target: str) -> Home:
    """Returns the home with a symbolic link in the file's place."""
    return home.with_link(path, target)


def moved_behind_link(home: Home, path: str, destination: str) -> Home | None:
    """Returns the home with the file at another place of it and a link to that left behind; None where that is taken."""
    copy = copied(home, path, destination)
    return copy and copy.with_link(path, f"{home.root}/{destination}")


def made_fifo(home: Home, path: str) -> Home:
    """Returns the home with a FIFO in the file's place; whoever opens it to read waits for ever."""
    return home.with_kind(path, "fifo", mode=0o600)


def made_unreadable(home: Home, path: str) -> Home | None:
    """Returns the home with no permission on the path; None where there is none already."""
    entry = home.get(path)
    return None if entry is None or entry.mode == 0 else home.with_mode(path, 0)


def copied(home: Home, source: str, destination: str) -> Home | None:
    """Returns the home with a second copy of a file; None where something lies at the destination."""
    if home.get(destination) is not None or not _can_hold(home, destination):
        return None
    entry = home.entries[source]
    return home.with_entry(destination, entry)


def given_second_name(home: Home, path: str, second: str) -> Home | None:
    """Returns the home with a hard link to a file; None where there is none, or something lies at the link's place."""
    entry = home.get(path)
    if entry is None or entry.kind != "file" or home.get(second) is not None or not _can_hold(home, second):
        return None
    return home.with_entry(second, msgspec.structs.replace(entry, target=path))


def moved(home: Home, source: str, destination: str) -> Home | None:
    """Returns the home with a file or a whole folder under another path; None where it is not there, or something lies there."""
    if home.get(source) is None or home.get(destination) is not None or not _can_hold(home, destination):
        return None
    below = source + "/"
    carried = {
        destination + path[len(source) :]: entry
        for path, entry in home.entries.items()
        if path == source or path.startswith(below)
    }
    cleared = home.without(source).with_entry(destination, home.entries[source])  # and the folders above it
    return replace(cleared, entries={**cleared.entries, **carried})


def _can_hold(home: Home, path: str) -> bool:
    """Tells whether what lies above the path is a folder, as far as there is anything."""
    above = posixpath.dirname(path)
    while above and home.get(above) is None:
        above = posixpath.dirname(above)
    return not above or home.entries[above].kind == "dir"
