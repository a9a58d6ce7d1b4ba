"""What a rollback must have written into the session files when the database that goes was worked on.

Told from three homes alone: as the last migration left it, just before the rollback, and after it.  Elements are
compared as any JSON parser reads them, so that keys nobody knows count too.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.home import Home
from harness.records import Record, Tables, digest_of_record
from harness.systems.ait42.oracle.database import read_target
from harness.systems.ait42.oracle.layout import SessionFile, legacy_root, readable_sessions, session_files
from harness.systems.ait42.oracle.mapping import instance_row, message_row, session_row
from harness.systems.ait42.oracle.merging import Merged, merged, settle_files
from harness.systems.ait42.oracle.workspaces import fits

Fault = tuple[str, object, object]
"""A path, with the session where it is about one; what must be there, and what is."""
_COUNTS = frozenset({"instance_count", "message_count"})


@dataclass(slots=True)
class _Said:
    """A session as the database has it: its row without counts, its instances by number, its messages by id."""

    row: Record
    instances: dict[int, Record] = field(default_factory=dict)
    messages: dict[str, Record] = field(default_factory=dict)


def written_back(left: Home, start: Home, after: Home) -> Iterator[Fault]:
    """Yields what is wrong with the session files after a rollback that writes back.

    A session that was changed or deleted in the database since the last migration is so in its file, as one element;
    one whose elements were changed meanwhile stays as its file has it, and so does every other; but one that was ahead
    of its file before that migration may be written too.  A file of which no element changes is not touched.  Nothing
    is asked of a file that nobody can read.
    """
    known, now = _by_session(read_target(left)), _by_session(read_target(start))
    files = _Files(left), _Files(start), _Files(after)
    due = {sid for sid in known.keys() | now.keys() if known.get(sid) != now.get(sid)}
    touched: set[str] = set()
    for sid in sorted(due):
        if files[0].elements(sid) == files[1].elements(sid):
            faults = _gone(sid, files) if sid not in now else _there(sid, now[sid], known.get(sid), files)
            yield from faults
            touched.add(sid)
    touched |= {sid for sid in now.keys() - due if _caught_up(sid, now[sid], files)}
    for name in sorted(files[1].raw.keys() | files[2].raw.keys()):
        yield from _rest(name, touched, files)


def _by_session(tables: Tables) -> dict[str, _Said]:
    found = {
        str(row["id"]): _Said({name: value for name, value in row.items() if name not in _COUNTS})
        for row in tables.get("sessions", {}).values()
    }
    for table, key in (("instances", "instance_id"), ("chat_messages", "id")):
        for row in tables.get(table, {}).values():
            if said := found.get(str(row["session_id"])):
                parts: dict[Any, Record] = said.instances if table == "instances" else said.messages
                parts[row[key]] = row
    return found


class _Files:
    """The session files of one home: `raw` elements by file, None where nobody can read them."""

    def __init__(self, home: Home) -> None:
        self.home, self.raw = home, dict[str, list[Any] | None]()
        root = legacy_root(home)
        self.folder = readable_sessions(home, root) if root else None
        self.sessions: dict[str, list[Merged]] = {}
        found = (
            {item.hash: item for item in session_files(home, self.folder) if isinstance(item, SessionFile)}
            if self.folder
            else {}
        )
        for name in home.children(self.folder) if self.folder else ():
            stem = name.removesuffix(".json")
            self.raw[name] = json.loads(home.content(f"{self.folder}/{name}")) if stem in found else None
            if self.raw[name] is None and self._empty(name):
                self.raw[name] = []
        for file in found.values():
            for session in merged(file):
                self.sessions.setdefault(session.id, []).append(session)

    def _empty(self, name: str) -> bool:
        entry = self.home.get(f"{self.folder}/{name}")
        if entry is None or entry.kind != "file" or not entry.mode & 0o400 or entry.size > 1 << 20:
            return False
        return self.home.content(f"{self.folder}/{name}").decode("utf-8", "replace").strip() in {"", "[]"}

    def elements(self, sid: str) -> Mapping[str, list[Any]]:
        """Returns the elements of a session by file."""
        found = {name: [one for one in rows or () if one["id"] == sid] for name, rows in self.raw.items()}
        return {name: rows for name, rows in found.items() if rows}

    def entry(self, name: str) -> object:
        """Returns what lies there, as a text that tells bytes, mode and time."""
        entry = self.home.get(f"{self.folder}/{name}")
        return (
            entry and f"{entry.kind} {entry.digest[:12]}, mode {entry.mode:04o}, written at {entry.mtime_ns}"
        )


Three = tuple[_Files, _Files, _Files]


def _caught_up(sid: str, said: _Said, files: Three) -> bool:
    """Tells whether a session that its file did not have as the database, has it so now."""
    as_it_was, as_it_is = files[1].elements(sid), files[2].elements(sid)
    if as_it_was == as_it_is or files[0].elements(sid) != as_it_was:
        return False
    behind = any(_there(sid, said, said, (files[0], files[1], files[1])))
    return behind and not any(_there(sid, said, said, files))


def _gone(sid: str, files: Three) -> Iterator[Fault]:
    for name in files[2].elements(sid):
        yield f"{name}: {sid}", "deleted, as in the database", "still there"


def _there(sid: str, said: _Said, was: _Said | None, files: Three) -> Iterator[Fault]:
    before = files[1].sessions.get(sid)
    settled = settle_files(before)[0] if before else []
    home = settled[0].hash if settled else None
    found = [one for one in files[2].sessions.get(sid, ()) if home in {None, one.hash}]
    path = str(said.row["workspace_path"])
    if not found:
        blocked = [
            name
            for name, rows in files[1].raw.items()
            if rows is None and _belongs(files[1].home, path, name)
        ]
        if not blocked:
            yield f"sessions: {sid}", said.row, "no such session"
        return
    one = found[0]
    name = f"{one.hash}.json"
    if home is None and not _belongs(files[2].home, path, name):
        yield f"{name}: {sid}", f"in the file of {path}", "in this file"
    if count := len(files[2].elements(sid)[name]) - 1:
        yield f"{name}: {sid}", "one element", f"{count + 1} elements"
    row = session_row(one, path, _quiet)
    for column in sorted(row.keys() | said.row.keys()):
        if row.get(column) != said.row.get(column):
            yield f"{name}: {sid}: {column}", said.row.get(column), row.get(column)
    yield from _parts(f"{name}: {sid}", one, settled[0] if settled else None, said, was)


def _belongs(home: Home, path: str, name: str) -> bool:
    stem = name.removesuffix(".json")
    return path == f"unknown:{stem}" or fits(home, path, stem)


def _parts(place: str, one: Merged, before: Merged | None, said: _Said, was: _Said | None) -> Iterator[Fault]:
    """Compares instances and messages; what the file alone has is a fault only if the database had it too."""
    sid = one.id
    rows = {number: instance_row(sid, part.row, _quiet) for number, part in one.instances.items()}
    for number in sorted(rows.keys() | said.instances.keys()):
        wanted, found = said.instances.get(number), rows.get(number)
        if wanted != found and (wanted or (was and number in was.instances)):
            yield f"{place}: instance {number}", wanted or "no such instance", found or "no such instance"
    there = _bodies(one)
    wanted_bodies = {_body(sid, name, row): row for name, row in said.messages.items()}
    for body, row in wanted_bodies.items():
        if not there[body]:
            yield f"{place}: message {body[0]}", row, "no such message"
    for name, row in was.messages.items() if was else ():
        body = _body(sid, name, row)
        if there[body] and body not in wanted_bodies:
            yield f"{place}: message {body[0]}", "not as it was migrated", row
    usual = max(_bodies(before).values(), default=1) if before else 1
    for body, count in there.items():
        if count > max(usual, 1):
            yield f"{place}: message {body[0]}", "once", f"{count} times"


def _bodies(one: Merged) -> Counter[tuple[str, bytes]]:
    numbers = frozenset(one.instances)
    rows = ((part.row["id"], message_row(one.id, part.row, numbers, _quiet)) for part in one.messages)
    return Counter(_body(one.id, name, row) for name, row in rows)


def _body(sid: str, name: str, row: Record) -> tuple[str, bytes]:
    """Returns what a message says, and its id without what the target adds to one that is taken."""
    plain = name.removeprefix(f"{sid}:")
    base = re.sub(r":[0-9]+$", "", plain) if plain != name else name
    return base, digest_of_record({key: value for key, value in row.items() if key != "id"})


def _quiet(*_: object) -> None:
    """Takes an issue, and does nothing with it."""


def _rest(name: str, touched: set[str], files: Three) -> Iterator[Fault]:
    """Yields what happened to those elements of a file that had to stay, and to a file that had to stay as it was."""
    before, after = files[1].raw.get(name), files[2].raw.get(name)
    if name in files[1].raw and name not in files[2].raw:
        yield name, files[1].entry(name), "no such file"
    elif before is None and name in files[1].raw:
        if files[1].entry(name) != files[2].entry(name):
            yield name, files[1].entry(name), files[2].entry(name)
    elif after is None:
        yield name, "a file that the editor can read", files[2].entry(name)
    else:
        kept = [one for one in before or () if one["id"] not in touched]
        found = [one for one in after if one["id"] not in touched]
        if kept != found:
            yield f"{name}: what nobody worked on in the database", kept, found
        elif before == after and files[1].entry(name) != files[2].entry(name):
            yield name, files[1].entry(name) or "no such file", files[2].entry(name)
