"""What the legacy tool may do to its home after a migration: sessions begin, end and talk on; a file breaks."""

from __future__ import annotations

import json
import re
from random import Random

from msgspec.structs import replace

from harness.corruption import bytes_, json_
from harness.home import Home
from harness.systems.ao import naming, places
from harness.systems.ao.model import LEGACY
from harness.systems.ao.places import Record

_NUMBER = re.compile(r"(.*?)-?(\d{1,9})")
_LATER = 3_600_000_000_000  # ns: the tool writes an hour after the last write
_WHEN = "2026-06-20T08:30:00.123Z"


def new_session(home: Home) -> Home | None:
    """Returns the home after a Claude session began in the first registered project that has had one."""
    for entry in sorted(places.entries(home), key=lambda entry: entry.id):
        folder = f"{LEGACY}/projects/{entry.id}/sessions"
        names = [name.removesuffix(".json") for name in home.children(folder) if name.endswith(".json")]
        found = home.get(folder)
        if names and found is not None and found.kind == "dir":
            return _begun(home, entry.id, folder, names)
    return None


def _begun(home: Home, project: str, folder: str, names: list[str]) -> Home:
    numbered = [match for match in map(_NUMBER.fullmatch, names) if match]
    prefix = min((match[1] for match in numbered if match[1]), default="late")
    name = f"{prefix}-{max((int(match[2]) for match in numbered), default=0) + 1}"
    uuid = naming.uuid(Random(f"{project}/{name}").getrandbits(128))  # noqa: S311 - reproducible, not secret
    worktree = f"{home.root}/.worktrees/{project}/{name}"
    record = {
        "worktree": worktree, "branch": f"feat/{name}", "status": "working", "project": project, "agent": "claude-code",
        "createdAt": _WHEN, "userPrompt": "Begun after the migration", "claudeSessionUuid": uuid,
    }  # fmt: skip
    time = home.entries[folder].mtime_ns + _LATER
    home = home.with_file(f"{folder}/{name}.json", json.dumps(record, indent=2).encode(), mtime_ns=time)
    talk = f".claude/projects/{naming.bucket(home.resolve(worktree))}/{uuid}.jsonl"
    return home.with_file(talk, _line("begun"), mode=0o600, mtime_ns=time)


def session_ended(home: Home) -> Home | None:
    """Returns the home after a live session was ended."""
    record = _live(home)
    if record is None:
        return None
    data = dict(record.data)
    lifecycle = places.lifecycle_of(data) or places.lifecycle_of({"lifecycle": data.get("statePayload")})
    if lifecycle is not None:
        ended = {**lifecycle["session"], "state": "terminated", "terminatedAt": _WHEN}
        data = {name: value for name, value in data.items() if name not in {"statePayload", "stateVersion"}}
        data["lifecycle"] = {**lifecycle, "session": ended}
    data["status"] = "killed"
    return _later(json_.with_object(home, record.path, data), record.path)


def transcript_grows(home: Home) -> Home | None:
    """Returns the home after a live Claude session talked on, in the legacy tool's own transcript."""
    records = list(places.live_records(home, Random(0)))  # noqa: S311
    found = sorted(path for record in records if (path := places.transcript(home, record)))
    return with_lines(home, found[0]) if found else None


def file_corrupted(home: Home) -> Home | None:
    """Returns the home after the file of a live session was cut short."""
    record = _live(home)
    cut = record and bytes_.truncated(home, record.path, Random(record.id))  # noqa: S311
    return _later(cut, record.path) if record and cut else None


def with_lines(home: Home, path: str) -> Home:
    """Returns the home with two more lines in a transcript."""
    content = home.content(path)
    gap = b"" if content.endswith(b"\n") or not content else b"\n"
    return _later(home.with_file(path, content + gap + _line("one more") + _line("and one")), path)


def _line(text: str) -> bytes:
    return json.dumps({"type": "user", "message": {"role": "user", "content": text}}).encode() + b"\n"


def _live(home: Home) -> Record | None:
    records = places.live_records(home, Random(0))  # noqa: S311
    return min(records, key=lambda record: record.path, default=None)


def _later(home: Home, path: str) -> Home:
    entry = home.entries[path]
    return home.with_entry(path, replace(entry, mtime_ns=entry.mtime_ns + _LATER))
