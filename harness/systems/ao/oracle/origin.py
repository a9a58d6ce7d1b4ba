"""The origin of a project's repository, read from its git configuration; git itself is never run."""

from __future__ import annotations

import posixpath
import re
from typing import Any

from harness.systems.ao.oracle.javascript import sound_text
from harness.systems.ao.oracle.tree import NotReadableError, Tree, text_of

_MAX_CONFIG = 1024 * 1024  # bytes; a repository's configuration is a few hundred
_SECTION = re.compile(r'\[\s*remote\s+"origin"\s*\]', re.IGNORECASE)
_URL = re.compile(r"url\s*=\s*(.*)", re.IGNORECASE)
_ESCAPES = {"n": "\n", "t": "\t", "b": "\b"}


def origin_url(tree: Tree, path: str, entry: dict[str, Any]) -> str:
    """Returns what ``git remote get-url origin`` would say in a project, else what the registry says, else ''."""
    return _configured(tree, path) or _registered(entry)


def _registered(entry: dict[str, Any]) -> str:
    repo = entry.get("repo")
    written = repo.get("originUrl") if isinstance(repo, dict) else repo
    for candidate in (written, entry.get("originUrl")):
        if isinstance(candidate, str) and candidate:
            return candidate
    return ""


def _configured(tree: Tree, path: str) -> str:
    folder = _git_folder(tree, path)
    text = None if folder is None else _text(tree, f"{folder}/config")
    return sound_text(_first_url(text)) if text else ""


def _git_folder(tree: Tree, path: str) -> str | None:
    """Returns the absolute path of the folder that holds a repository's configuration; a worktree's is elsewhere."""
    place = f"{path}/.git"
    if tree.directory(place) is not None:
        return place
    pointer = (_text(tree, place) or "").strip()
    if not pointer.startswith("gitdir:"):
        return None
    folder = posixpath.normpath(posixpath.join(path, pointer.removeprefix("gitdir:").strip()))
    common = (_text(tree, f"{folder}/commondir") or "").strip()
    return posixpath.normpath(posixpath.join(folder, common)) if common else folder


def _text(tree: Tree, absolute: str) -> str | None:
    found = tree.file(absolute)
    if found is None or found[1].size > _MAX_CONFIG:
        return None
    try:
        return text_of(tree.read(found[0]))
    except NotReadableError:
        return None


def _first_url(text: str) -> str:
    """Returns the first ``url`` of ``[remote "origin"]``, quotes, escapes and comments resolved as git does."""
    inside = False
    for line in text.replace("\\\n", "").splitlines():
        stripped = line.strip()
        if stripped.startswith("["):
            match = _SECTION.match(stripped)
            inside = match is not None and '"origin"' in stripped
            stripped = stripped[match.end() :].strip() if match else ""
        found = _URL.fullmatch(stripped) if inside else None
        if found:
            return _value(found[1])
    return ""


def _value(text: str) -> str:
    """Returns a configuration value without quotes, escapes, comment and the blanks around it."""
    result, quoted, kept = "", False, 0
    position = 0
    while position < len(text):
        letter = text[position]
        if letter == '"':
            quoted = not quoted
        elif letter == "\\" and position + 1 < len(text):
            position += 1
            result += _ESCAPES.get(text[position], text[position])
            kept = len(result)
        elif letter in "#;" and not quoted:
            break
        else:
            result += letter
            kept = len(result) if quoted or not letter.isspace() else kept
        position += 1
    return result[:kept]
