"""Damage to text made of lines, such as block-style YAML, without reading its format as a whole."""

from __future__ import annotations

from collections.abc import Callable

from harness.home import Home


def lines_of(home: Home, path: str) -> list[str]:
    """Returns the lines of a file without their ends; bytes that are no UTF-8 are kept as surrogates."""
    return home.content(path).decode("utf-8", "surrogateescape").split("\n")


def with_lines(home: Home, path: str, lines: list[str]) -> Home:
    """Returns the home with these lines in the file."""
    return home.with_file(path, "\n".join(lines).encode("utf-8", "surrogateescape"))


def appended(home: Home, path: str, text: str) -> Home:
    """Returns the home with text at the end of the file."""
    return home.with_file(path, home.content(path) + text.encode())


def block(lines: list[str], start: int) -> range:
    """Returns the line numbers of a block: the line at `start` and all that are indented deeper, blank ones too."""
    indent = _indent(lines[start])
    end = start + 1
    while end < len(lines) and (not lines[end].strip() or _indent(lines[end]) > indent):
        end += 1
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return range(start, end)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def with_block(home: Home, path: str, start: int, change: Callable[[list[str]], list[str]]) -> Home | None:
    """Returns the home with the block that begins at a line changed; None where that changes nothing."""
    lines = lines_of(home, path)
    place = block(lines, start)
    old = lines[place.start : place.stop]
    new = change(list(old))
    return None if new == old else with_lines(home, path, [*lines[: place.start], *new, *lines[place.stop :]])
