"""Which workspace a session file belongs to: its name is a hash of the path, and hashes cannot be undone.

The rule is `get_workspace_hash` of the editor (`src-tauri/src/commands/session_history.rs`); its debate runner
hashes the path as it was given. So a path is only ever tried, never computed.
"""

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from migrator import files
from migrator.ait42.decode import Json, no_constant
from migrator.outcome import Refusal
from migrator.system import Note

NAME = re.compile("[0-9a-f]{16}")
BOUND = 64 << 20  # bytes of the mapping file


def hashed(path: str) -> str:
    """The name that a file of this path has."""
    return hashlib.sha256(path.encode()).hexdigest()[:16]


def name_of(path: str) -> str:
    """The name that the editor gives to the file of this path, as the disk is now."""
    return hashed(os.path.realpath(path) if os.path.exists(path) else path.rstrip("/") or "/")


def fits(name: str, path: str) -> bool:
    """Whether a file of this name can belong to the path; the empty path belongs to none."""
    if not path or "\0" in path:
        return False
    try:
        return name in {hashed(path), name_of(path)}
    except UnicodeEncodeError:  # a path that is no text cannot be stored
        return False


class Options:
    """What the command line says of workspaces: `given` and `accepted` are paths by file name.

    `ask` a person for others. `write_back` to the JSON files what others did in the database, before a rollback moves it aside.
    """

    def __init__(
        self,
        given: Iterable[str] = (),
        accepted: Iterable[str] = (),
        *,
        strict: bool = False,
        ask: bool = False,
        write_back: bool = True,
    ) -> None:
        self.strict, self.ask, self.write_back = strict, ask, write_back
        self.given, self.accepted = _pairs("--workspace", given), _pairs("--accept-mapping", accepted)
        for name, path in self.given.items():
            if not fits(name, path):
                message = f"--workspace {name}={path}: this path does not give that name."
                raise Refusal("WORKSPACE_MISMATCH", message)


def _pairs(option: str, words: Iterable[str]) -> dict[str, str]:
    pairs = dict[str, str]()
    for word in words:
        name, _, path = word.partition("=")
        if not NAME.fullmatch(name) or not path:
            raise Refusal("WORKSPACE_MISMATCH", f"{option} takes HASH=PATH with 16 hex digits, not {word!r}.")
        pairs[name] = path
    return pairs


class Answered:
    """The answers of an earlier run."""

    def __init__(self, found: dict[str, str]) -> None:
        self._found = found
        self.notes: list[Note] = []

    def of(self, name: str, _: list[Json]) -> str:
        """The workspace that the earlier run gave to the file of this name."""
        return self._found.get(name, f"unknown:{name}")


class Workspaces:
    """Answers for one run; `found` are its answers so far, `new` those that belong into the mapping file."""

    def __init__(self, path: str, shown: str, options: Options) -> None:
        self._path, self._shown, self._options = path, shown, options
        self.notes: list[Note] = []
        self.found, self.new = dict[str, str](), dict[str, str]()
        self._mapping = self._load() if os.path.lexists(path) else {}

    def _load(self) -> dict[str, Any] | None:
        try:
            value = json.loads(files.read(self._path, BOUND)[0].decode(), parse_constant=no_constant)
            fault = None if isinstance(value, dict) else "not an object"
        except (OSError, ValueError, RecursionError) as error:
            value, fault = None, str(error)
        if fault:
            self.notes.append(Note(self._shown, "", "mapping-invalid", f"{fault}; it was not used"))
        return None if fault else value

    def of(self, name: str, elements: list[Json]) -> str:
        """The workspace of the file of this name, `unknown:<name>` when nothing tells. Raises Refusal if strict."""
        if name not in self.found:
            self.found[name] = self._search(name, elements) or f"unknown:{name}"
        if self._options.strict and self.found[name].startswith("unknown:"):
            message = (
                f"The workspace of sessions/{name}.json is not known; name it with --workspace {name}=PATH."
            )
            raise Refusal("WORKSPACE_UNKNOWN", message)
        return self.found[name]

    def _search(self, name: str, elements: list[Json]) -> str | None:
        if path := self._options.accepted.get(name):
            return path
        mapped = (self._mapping or {}).get(name)
        if isinstance(mapped, str) and mapped:
            if fits(name, mapped):
                return mapped
            detail = f"{mapped!r} does not give this name; --accept-mapping {name}=PATH takes it all the same"
            self.notes.append(Note(self._shown, name, "mapping-mismatch", detail))
        for path in _prefixes(elements):
            if fits(name, path):
                return path
        path = self._options.given.get(name) or (self._asked(name, elements) if self._options.ask else None)
        if path and self._mapping is not None:
            self.new[name] = path
        return path

    @staticmethod
    def _asked(name: str, elements: list[Json]) -> str | None:
        """What a person at the terminal answers; nothing means that it is not known."""
        task = elements[0]["task"][:60] if elements else ""
        what = f"{len(elements)} sessions, first task {task!a}"
        while True:
            sys.stderr.write(f"Workspace of sessions/{name}.json ({what}); empty if unknown: ")
            sys.stderr.flush()
            answer = sys.stdin.readline().rstrip("\n")
            if not answer or fits(name, answer):
                return answer or None
            sys.stderr.write("This path does not give that name.\n")

    def merged(self) -> bytes:
        """The mapping file with the new entries, in the manner of the editor's tool."""
        return json.dumps({**(self._mapping or {}), **self.new}, indent=2, ensure_ascii=False).encode()


def _prefixes(elements: list[Json]) -> Iterator[str]:
    """Every folder above a worktree, nearest first."""
    tried = set[str]()
    for one in elements:
        for instance in one["instances"]:
            path = instance["worktreePath"].rstrip("/") or instance["worktreePath"][:1]
            while path.startswith("/") and path not in tried:
                tried.add(path)
                yield path
                path = path.rpartition("/")[0].rstrip("/") or "/"
