"""Where in a home of the Agent Orchestrator damage can be done: records, registry entries, transcripts.

Reads what the generator writes, and of captured homes whatever looks like it; what cannot be read is no place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from harness.corruption import json_, text
from harness.home import Home
from harness.systems.ao import naming
from harness.systems.ao.model import DATA, LEGACY, LIVE_STATES, LIVE_STATUSES

Apply = Callable[[Home, Random], Home | None]
CONFIG = f"{LEGACY}/config.yaml"
_FIRST_RELEASES = re.compile(
    rf"{re.escape(LEGACY)}/[0-9a-f]{{12}}(-[^/]+)?(?<!\.migrated)/sessions/[a-zA-Z0-9_-]+"
)
_RECORD = re.compile(rf"{re.escape(LEGACY)}/projects/([^/]+)/sessions/([a-zA-Z0-9_-]+)\.json")
_KEY = re.compile(r"  (?! )(.+):\s*")
_ENDS = 3  # how often a lifecycle may be wrapped in JSON text


@dataclass(frozen=True, slots=True)
class Record:
    """One readable V2 session record."""

    path: str
    project: str
    id: str
    data: dict[str, Any]

    @property
    def folder(self) -> str:
        """Returns the folder in which the record lies."""
        return self.path.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the registry: its key, and the number of the line in ``config.yaml`` at which it begins."""

    id: str
    line: int
    path: str  # of the repository, relative to the home; empty where it is not in it


def on_file(damage: Callable[[Home, str, Random], Home | None], *, v1: bool = False) -> Apply:
    """Returns damage to one V2 session file, with `v1` also of the first releases, whatever it holds."""
    return lambda home, random: _first(
        home, (damage(home, path, random) for path in _paths(home, random, v1=v1))
    )


def on_live(damage: Callable[[Home, Record, Random], Home | None]) -> Apply:
    """Returns damage to one readable record of a session that has not ended."""
    return lambda home, random: _first(
        home, (damage(home, record, random) for record in live_records(home, random))
    )


def on_entry(damage: Callable[[Home, Entry, Random], Home | None]) -> Apply:
    """Returns damage to one registry entry; those with live sessions come first."""

    def apply(home: Home, random: Random) -> Home | None:
        found = entries(home)
        random.shuffle(found)
        lively = {record.project for record in live_records(home, random)}
        found.sort(key=lambda entry: entry.id not in lively)
        return _first(home, (damage(home, entry, random) for entry in found))

    return apply


def _first(home: Home, attempts: Iterable[Home | None]) -> Home | None:
    changed = (attempt for attempt in attempts if attempt is not None and attempt.entries != home.entries)
    return next(changed, None)


def _paths(home: Home, random: Random, *, v1: bool = False) -> list[str]:
    """Returns the paths of session files in an order that `random` decides."""
    files = (path for path, entry in home.entries.items() if entry.kind == "file")
    paths = sorted(p for p in files if _RECORD.fullmatch(p) or (v1 and _FIRST_RELEASES.fullmatch(p)))
    random.shuffle(paths)
    return paths


def live_records(home: Home, random: Random) -> Iterator[Record]:
    """Yields the readable records of sessions that have not ended, of registered projects, in random order."""
    known = {entry.id for entry in entries(home)}
    for path in _paths(home, random):
        match = _RECORD.fullmatch(path)
        data = json_.read_object(home, path)
        if match and data is not None and match[1] in known and _is_live(data):
            yield Record(path, match[1], match[2], data)


def lifecycle_of(data: dict[str, Any]) -> dict[str, Any] | None:
    """Returns a record's lifecycle as an object with its session as an object, or None where it has none."""
    lifecycle = _decoded(data.get("lifecycle"))
    if lifecycle is None:
        return None
    session = _decoded(lifecycle.get("session"))
    return None if session is None else {**lifecycle, "session": session}


def _is_live(data: dict[str, Any]) -> bool:
    lifecycle = lifecycle_of(data)
    if lifecycle is None:
        lifecycle = lifecycle_of({"lifecycle": data.get("statePayload")})
    if lifecycle is None:
        return data.get("status") in LIVE_STATUSES
    return (
        lifecycle["session"].get("state") in LIVE_STATES and lifecycle["session"].get("terminatedAt") is None
    )


def _decoded(value: object) -> dict[str, Any] | None:
    for _ in range(_ENDS):
        if not isinstance(value, str):
            break
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, dict) else None


def entries(home: Home) -> list[Entry]:
    """Returns the registry's entries in their order; none where the file is not laid out as legacy writes it."""
    found = home.get(CONFIG)
    if found is None or found.kind != "file":
        return []
    lines = text.lines_of(home, CONFIG)
    if "projects:" not in lines:
        return []
    result = []
    for number in text.block(lines, lines.index("projects:")):
        match = _KEY.fullmatch(lines[number])
        if match:
            result.append(Entry(_unquoted(match[1]), number, _repository(home, lines, number)))
    return result


def _repository(home: Home, lines: list[str], start: int) -> str:
    for number in text.block(lines, start):
        key, _, value = lines[number].partition("path: ")
        if key == "    " and value:
            plain = _unquoted(value)
            absolute = f"{home.root}{plain[1:]}" if plain.startswith("~/") else plain
            return home.relative(absolute) or ""
    return ""


def _unquoted(value: str) -> str:
    if value.startswith('"'):
        try:
            return str(json.loads(value))
        except ValueError:
            return value
    return value[1:-1] if value.startswith("'") else value


def transcript(home: Home, record: Record) -> str | None:
    """Returns where the Claude conversation of a session lies, or None where there is none."""
    uuid, worktree = record.data.get("claudeSessionUuid"), record.data.get("worktree")
    if (
        record.data.get("agent") != "claude-code"
        or not isinstance(uuid, str)
        or not isinstance(worktree, str)
    ):
        return None
    path = f".claude/projects/{naming.bucket(home.resolve(worktree))}/{uuid}.jsonl"
    found = home.get(path)
    return path if found is not None and found.kind == "file" else None


def new_transcript(home: Home, record: Record) -> str:
    """Returns where the conversation of a worker must lie for the rewrite to find it."""
    uuid = record.data["claudeSessionUuid"]
    cwd = home.resolve(f"{home.root}/{DATA}/worktrees/{record.project}/{record.id}")
    return f".claude/projects/{naming.bucket(cwd)}/{uuid}.jsonl"
