"""The origin of a repository, read from its configuration; git itself is never run.

The file format is that of git-config(1): sections, quoted subsections, escapes, comments, continued lines.
"""

import os
import re

from migrator import files

BOUND = 1 << 20
SECTION = re.compile(r'\s*\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\](.*)')
VARIABLE = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]*)\s*(?:=(.*))?$", re.DOTALL)
ESCAPES = {"n": "\n", "t": "\t", "b": "\b"}


def origin(repository: str) -> str | None:
    """The first URL of the remote `origin`; None when there is none or it cannot be read."""
    try:
        text = files.read(_config(os.path.join(repository, ".git")), BOUND)[0].decode("utf-8", "replace")
    except (OSError, ValueError):
        return None
    return _first_url(text)


def _config(dot_git: str) -> str:
    """A worktree's `.git` is a file that leads to the common folder by way of its own."""
    if os.path.isdir(dot_git) and not os.path.islink(dot_git):
        return os.path.join(dot_git, "config")
    pointer = _line(dot_git)
    if not pointer.startswith("gitdir:"):
        raise ValueError("not a pointer to a git folder")
    folder = os.path.join(os.path.dirname(dot_git), pointer[len("gitdir:") :].strip())
    common = os.path.join(folder, "commondir")
    if os.path.lexists(common):
        folder = os.path.join(folder, _line(common))
    return os.path.join(folder, "config")


def _line(path: str) -> str:
    return os.fsdecode(files.read(path, BOUND)[0]).strip()


def _first_url(text: str) -> str | None:
    inside = False
    lines = iter(text.removeprefix("\ufeff").splitlines())
    for line in lines:
        rest = line
        if section := SECTION.match(line):
            name, sub, rest = section.groups()
            inside = (name.lower(), re.sub(r"\\(.)", r"\1", sub or "")) == ("remote", "origin")
            inside = inside or (sub is None and name.lower() == "remote.origin")
        while _continues(rest):
            rest = rest[:-1] + next(lines, "")
        variable = VARIABLE.match(rest)
        if inside and variable and variable[1].lower() == "url" and variable[2] is not None:
            return _value(variable[2])
    return None


def _continues(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _value(raw: str) -> str:
    out, quoted, kept = "", False, 0
    characters = iter(raw.lstrip())
    for char in characters:
        if char == "\\":
            following = next(characters, "")
            out += ESCAPES.get(following, following)
            kept = len(out)
        elif char == '"':
            quoted = not quoted
            kept = len(out)
        elif char in "#;" and not quoted:
            break
        else:
            out += char
            kept = kept if char.isspace() and not quoted else len(out)
    return out[:kept]
