"""What ``sessions.db`` and the session files each hold of a session, in terms that can be compared.

A session is its columns, those of its instances by number, and its messages, sorted; ids under which the database
keeps messages apart are those from before.  ``workspace`` is each side's own: a path there, a file's name here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from harness.dialogue import Sides, State
from harness.home import Home
from harness.records import Record, same_record
from harness.systems.ait42.oracle.database import read_target
from harness.systems.ait42.oracle.instants import instant
from harness.systems.ait42.oracle.layout import SessionFile, legacy_root, readable_sessions, session_files
from harness.systems.ait42.oracle.mapping import instance_row, message_row, session_row
from harness.systems.ait42.oracle.merging import Merged, merged, settle_files

ANY = "*"
"""Stands for a value that a store gives by itself."""
_OWN = ("instance_count", "message_count", "workspace_path")


def sides(home: Home) -> Sides:
    """Returns what both sides hold; files that the editor could not read hold nothing.

    Raises:
        TargetUnreadableError: there is a database, but it cannot be read.
    """
    root = legacy_root(home)
    folder = None if root is None else readable_sessions(home, root)
    if folder is None:
        return Sides(target=_stored(home))
    found = list(session_files(home, folder))
    files = [item for item in found if isinstance(item, SessionFile)]
    kept, _ = settle_files(session for file in files for session in merged(file))
    strange = (item.source for item in found if not isinstance(item, SessionFile) and item.kind == "other")
    return Sides(
        target=_stored(home),
        legacy={session.id: of_file(session) for session in kept},
        raw=_raw(home, folder, files),
        strange=frozenset(strange),
    )


def _stored(home: Home) -> dict[str, Record]:
    tables = read_target(home)
    found: dict[str, dict[str, Any]] = {}
    for name, row in tables.get("sessions", {}).items():
        kept = {key: value for key, value in row.items() if key not in _OWN}
        found[name] = {**kept, "workspace": row.get("workspace_path"), "instances": {}, "messages": []}
    for row in tables.get("instances", {}).values():
        if row["session_id"] in found:
            found[row["session_id"]]["instances"][str(row["instance_id"])] = _part(row)
    for row in tables.get("chat_messages", {}).values():
        name = row["session_id"]
        if name in found:
            place = row["instance_id_ref"]
            number = place[1] if isinstance(place, list) else place
            found[name]["messages"].append(
                [_plain(row["id"], name), row["role"], row["content"], row["timestamp"], number]
            )
    for one in found.values():
        one["messages"].sort(key=repr)
    return dict(found)


def _plain(identity: str, session: str) -> str:
    """Returns a message's id as its file has it."""
    return identity.removeprefix(f"{session}:")


def _part(row: Record) -> Record:
    return {key: value for key, value in row.items() if key != "session_id"}


def of_file(session: Merged) -> Record:
    """Returns a session as its file has it."""
    row = session_row(session, session.hash, _untold)
    numbers = frozenset(session.instances)
    return {
        **{key: value for key, value in row.items() if key not in _OWN},
        "workspace": session.hash,
        "instances": {
            str(number): _part(instance_row(session.id, part.row, _untold))
            for number, part in session.instances.items()
        },
        "messages": sorted(_messages(session, numbers), key=repr),
    }


def _messages(session: Merged, numbers: frozenset[int]) -> Iterator[list[Any]]:
    """Yields the messages; one that both twins have is one, and one that stands twice in an element is two."""
    counts: dict[str, Counter[str]] = {}
    rows: dict[str, list[Any]] = {}
    for part in session.messages:
        row = message_row(session.id, part.row, numbers, _untold)
        place = row["instance_id_ref"]
        told = [
            _plain(part.row["id"], session.id),
            row["role"],
            row["content"],
            row["timestamp"],
            place[1] if place else None,
        ]
        rows[repr(told)] = told
        counts.setdefault(part.source.partition("/chatHistory/")[0], Counter())[repr(told)] += 1
    most: Counter[str] = Counter()
    for count in counts.values():
        most |= count
    for name, times in most.items():
        yield from [rows[name]] * times


def _untold(_field: str, _original: object, _stored: object, _reason: str) -> None:
    """Issues are not asked for here."""


def _raw(home: Home, folder: str, files: list[SessionFile]) -> Mapping[str, Any]:
    found: dict[str, list[Any]] = {}
    for file in files:
        for element in json.loads(home.content(f"{folder}/{file.hash}.json")):
            found.setdefault(element["id"], []).append([file.hash, element])
    return found


def same(one: State, other: State) -> bool:
    """Tells whether both say the same of a session; where it lies is each side's own."""
    return _same(one, other, {"workspace"})


def fits(state: State, found: State) -> bool:
    """Tells whether a state with values left open is the one found."""
    left = {key for key, value in (state or {}).items() if value == ANY}
    return _same(state, found, left)


def _same(one: State, other: State, but: set[str]) -> bool:
    if one is None or other is None:
        return one is other
    return same_record(
        {key: value for key, value in one.items() if key not in but},
        {key: value for key, value in other.items() if key not in but},
    )


def newer(target: State, legacy: State) -> str:
    """Tells which side counts where they differ: the one updated last, the file where both are as new.

    A confirmed winner is written to the file without another time, and a migration takes it over as well.
    """
    if target is None or legacy is None:
        return "legacy" if target is None else "target"
    return "legacy" if instant(legacy["updated_at"]) >= instant(target["updated_at"]) else "target"


def merge(target: State, legacy: State) -> State:
    """Returns what both sides have to hold where they have differed."""
    if target is None or legacy is None:
        one = legacy if target is None else target
        return None if one is None else {**one, "workspace": ANY}
    first, second = (legacy, target) if newer(target, legacy) == "legacy" else (target, legacy)
    messages = {repr(told): told for told in (*second["messages"], *first["messages"])}
    return {
        **first,
        "workspace": ANY,
        "created_at": target["created_at"],
        "instances": {**second["instances"], **first["instances"]},
        "messages": [messages[name] for name in sorted(messages)],
    }
