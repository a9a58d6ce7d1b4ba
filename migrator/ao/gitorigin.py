"""The origin of a repository, read from its configuration; git itself is never run.

The file format is that of git-config(1): sections, quoted subsections, escapes, comments, continued lines.
"""

import os
import re

from migrator import files

BOUND = 1 << 20
CONTINUED = r"((?:^|[^\\])(?:\\\\)*)\\\r?\n"
SECTION = r'\s*\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\](.*)'
ESCAPES = {"n": "\n", "t": "\t", "b": "\b"}


def origin(repository: str) -> str | None:
    """The first URL of the remote `origin`; None when there is none or it cannot be read."""
    try:
        text = files.read(_config(os.path.join(repository, ".git")), BOUND)[0].decode("utf-8", "replace")
    except (OSError, ValueError):
        return None
    inside = False
    for line in re.sub(CONTINUED, r"\1", text.removeprefix("\ufeff")).split("\n"):
        rest = line
        if section := re.match(SECTION, line, re.DOTALL):
            name, sub, rest = section.groups()
            parts = [name.lower()] if sub is None else [name.lower(), re.sub(r"\\(.)", r"\1", sub)]
            inside = ".".join(parts) == "remote.origin"
        url = re.match(r"\s*url\s*=(.*)", rest, re.DOTALL | re.IGNORECASE)
        if inside and url:
            return _value(url[1])
    return None


def _config(dot_git: str) -> str:
    """A worktree's `.git` is a file that leads to the common folder by way of its own."""
    if os.path.isdir(dot_git) and not os.path.islink(dot_git):
        return os.path.join(dot_git, "config")
    pointer = _line(dot_git)
    if not pointer.startswith("gitdir:"):
        raise ValueError("not a pointer to a git folder")
    folder = os.path.join(os.path.dirname(dot_git), pointer.removeprefix("gitdir:").strip())
    common = os.path.join(folder, "commondir")
    return os.path.join(folder, _line(common) if os.path.lexists(common) else "", "config")


def _line(path: str) -> str:
    return os.fsdecode(files.read(path, BOUND)[0]).strip()


def _value(raw: str) -> str:
    out, quoted, kept = "", False, 0
    characters = iter(raw.lstrip())
    for char in characters:
        if char in "#;" and not quoted:
            break
        if char == '"':
            quoted = not quoted
        elif char == "\\":
            following = next(characters, "")
            out += ESCAPES.get(following, following)
        else:
            out += char
            if char.isspace() and not quoted:
                continue
        kept = len(out)
    return out[:kept]
