"""Which workspace a session file belongs to: the path whose hash is the file's name, or none that is known."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from harness.expectation import Note
from harness.home import Home
from harness.systems.ait42.oracle.layout import LEGACY, MAPPING, SessionFile

_HASH = re.compile(r"[0-9a-f]{16}")


class Words(NamedTuple):
    """What the user says of workspaces, by the names of session files.

    A path that is `accepted` counts before all else; one that is `given` where nothing else tells, and goes into the
    mapping file then.
    """

    given: Mapping[str, str] = {}
    accepted: Mapping[str, str] = {}

    @classmethod
    def of(cls, conditions: Iterable[str]) -> Words:
        """Returns what conditions such as ``workspace HASH=PATH`` and ``accept-mapping HASH=PATH`` say."""
        said: dict[str, dict[str, str]] = {"workspace": {}, "accept-mapping": {}}
        for condition in conditions:
            option, _, words = condition.partition(" ")
            if option in said:
                name, _, path = words.partition("=")
                said[option][name] = path
        return cls(said["workspace"], said["accept-mapping"])


NOTHING_SAID = Words()


def workspace_of(
    home: Home, file: SessionFile, mapping: Mapping[str, str], words: Words = NOTHING_SAID
) -> str | None:
    """Returns the workspace of a session file as its sessions must name it, or None where it cannot be known."""
    if file.hash in words.accepted:
        return words.accepted[file.hash]
    shown = _shown(home, file, mapping)
    return words.given.get(file.hash) if shown is None else shown


def mapping_with(home: Home, root: str, files: Iterable[SessionFile], words: Words) -> bytes | None:
    """Returns what the mapping file must hold afterwards, or None where it must stay as it is.

    `files` are those of which sessions are stored.  As the editor's tool writes it: two blanks deep, nothing escaped.
    """
    mapping = read_mapping(home, root)
    if mapping is None:
        return None
    asked = [file for file in files if file.hash in words.given and file.hash not in words.accepted]
    new = {file.hash: words.given[file.hash] for file in asked if _shown(home, file, mapping) is None}
    path = f"{root}/{MAPPING}"
    whole = json.loads(home.content(path)) if home.get(path) else {}
    return json.dumps({**whole, **new}, indent=2, ensure_ascii=False).encode() if new else None


def _shown(home: Home, file: SessionFile, mapping: Mapping[str, str]) -> str | None:
    """Returns the workspace that the home itself shows."""
    mapped = mapping.get(file.hash)
    if mapped and fits(home, mapped, file.hash):
        return mapped
    seen: set[str] = set()
    for path in _worktrees(file):
        for prefix in _prefixes(path):
            if prefix in seen:
                continue
            seen.add(prefix)
            if fits(home, prefix, file.hash):
                return prefix
    return None


def mapping_notes(
    home: Home, root: str, names: Mapping[str, bool], accepted: Collection[str] = ()
) -> Iterator[Note]:
    """Yields what is to be noted of the mapping file.

    `names` are those of the session files; of one of which no session is stored, the mapping need not be asked, and
    it is not for those whose path is `accepted` whatever it says.
    """
    mapping = read_mapping(home, root)
    if mapping is None:
        yield Note(f"{LEGACY}/{MAPPING}", "", "mapping-invalid")
    for name, stored in names.items():
        mapped = (mapping or {}).get(name)
        if mapped and name not in accepted and not fits(home, mapped, name):
            yield Note(f"{LEGACY}/{MAPPING}", name, "mapping-mismatch", sure=stored)


def read_mapping(home: Home, root: str) -> dict[str, str] | None:
    """Returns the usable entries of the mapping file: hash → path; none where it is absent, None where it is broken."""
    entry = home.get(f"{root}/{MAPPING}")
    if entry is None:
        return {}
    if entry.kind != "file" or not entry.mode & 0o400:
        return None
    try:
        text = home.content(f"{root}/{MAPPING}").decode("utf-8")
        found = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    return {
        name: path for name, path in found.items() if _HASH.fullmatch(name) and isinstance(path, str) and path
    }


def _refuse(literal: str) -> None:
    raise ValueError(f"{literal} is not JSON")


def _encodable(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def fits(home: Home, path: str, name: str) -> bool:
    """Tells whether a session file of that name can belong to the path."""
    return bool(path) and _encodable(path) and name in {_hash(_normal(home, path)), _hash(path)}


def _hash(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()[:16]


def _normal(home: Home, path: str) -> str:
    """Returns the canonical path where it exists, else the text without slashes at its end."""
    if path.startswith("/"):
        found = home.resolve(path)
        if home.lookup(path) is not None and _passes(home, path):
            return found
    return path.rstrip("/") or "/"


def _passes(home: Home, path: str) -> bool:
    """Tells whether every part of a path that is followed by another is a directory, also once it is gone up from."""
    place = ""
    for part in path.split("/"):
        if part in {"", "."}:
            continue
        inside = home.relative(home.resolve(place or "/"))
        if inside is not None and inside in home.entries and home.entries[inside].kind != "dir":
            return False
        if part == ".." and inside is not None and inside not in home.entries:
            return False
        place = f"{place}/{part}"
    return True


def _worktrees(file: SessionFile) -> Iterator[str]:
    for element in file.elements:
        for instance in element["instances"]:
            if instance["worktreePath"].startswith("/"):
                yield instance["worktreePath"]


def _prefixes(path: str) -> Iterator[str]:
    """Yields an absolute path and the paths above it, the longest first."""
    while True:
        yield path
        above = posixpath.dirname(path.rstrip("/"))
        if above in {path, ""}:
            return
        path = above
