"""Work that others did in `sessions.db` since, written back to the JSON files that the editor read before.

Only what differs from a second build is written: a field, an instance, a message, a whole session; what was deleted
goes. So what the database could not hold as it was, and keys that nobody knows, stay in the files, and an element that
nobody worked on keeps its bytes. A session whose file was written to since is left as it is there.
"""

import contextlib
import copy
import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Callable, Container, Iterator
from itertools import islice
from typing import Any, NamedTuple

from migrator import files
from migrator.ait42 import decode, schema, shape
from migrator.ait42.decode import Json
from migrator.ait42.moments import OLDEST, Instant, instant
from migrator.ait42.rows import Stored, load
from migrator.ait42.shape import Merged
from migrator.ait42.workspaces import NAME, name_of
from migrator.system import Returned

PARTS = " ".join(
    f"UNION SELECT session_id FROM (SELECT * FROM {one}.{table} EXCEPT SELECT * FROM {other}.{table})"  # noqa: S608 - our own names
    for table in ("instances", "chat_messages")
    for one, other in (("main", "ours"), ("ours", "main"))
)
CHANGED = (
    "SELECT id, workspace_path FROM main.sessions WHERE id IN "  # noqa: S608 - as above
    f"(SELECT id FROM (SELECT * FROM main.sessions EXCEPT SELECT * FROM ours.sessions) {PARTS}) ORDER BY rowid"
)
GONE = "SELECT id FROM ours.sessions WHERE id NOT IN (SELECT id FROM main.sessions) ORDER BY rowid"
KEYS = dict(
    zip(shape.SESSION_KEYS, (name for name in schema.SESSION if name != "workspace_path"), strict=True)
)
BODY = ("role", "content", "timestamp", "instanceId")
BETWEEN, PLAIN = re.compile(r"[\s,]*"), json.JSONDecoder()

Read = Callable[[str], bytes | None]


class File(NamedTuple):
    """A session file: its name, its bytes (None: there is none), those it is to have (None: nobody can write to it).

    `left` are sessions that somebody has changed in the file too, so that they stay as they are there.
    """

    name: str
    was: bytes | None
    will_be: bytes | None
    left: list[str]


def files_with(
    db: sqlite3.Connection, names: list[str], homes: dict[str, str], now: Read, then: Read
) -> Iterator[File]:
    """Every session file that others' work belongs to, one at a time.

    `db` has the second build attached as `ours`. `names` are the files that are there, `homes` the names of files by
    workspace; `now` and `then` give a file as it is, and as it was when it was last migrated.
    """
    changed = dict(db.execute(CHANGED).fetchall())
    gone = {sid for (sid,) in db.execute(GONE)}
    places = _places(names, now, changed.keys() | gone)
    todo: dict[str, list[str]] = {}
    for sid, workspace in changed.items():
        home = homes.get(workspace) or workspace.removeprefix("unknown:")
        home = home if NAME.fullmatch(home) else name_of(workspace)
        there = places.get(sid) or {home: OLDEST}
        todo.setdefault(max(there, key=lambda name: there[name]), []).append(sid)
    for sid in gone:
        for name in places.get(sid, ()):
            todo.setdefault(name, []).append(sid)
    for name, ids in sorted(todo.items()):
        if (file := _rewritten(db, name, ids, now, then)) is not None:
            yield file


def staged(changes: Iterator[File], where: Callable[[str], str], folder: str, kept: str) -> list[Returned]:
    """The new files are in one folder and the old ones in another, on disk; `where` gives a file's place."""
    files.make_folders(folder, 0o700)
    found: list[Returned] = []
    for name, was, will_be, left in changes:
        before = None if was is None else hashlib.sha256(was).hexdigest()
        after, source, replaced = None, None, None
        if will_be is not None and will_be != was:
            source = os.path.join(folder, f"{name}.json")
            after = files.write_new(source, will_be)
            if was is not None:
                files.make_folders(kept, 0o700)
                replaced = os.path.join(kept, f"{name}.json")
                files.write_new(replaced, was)
        found.append(Returned(where(name), before, after, source, replaced, left))
    return found


def _places(names: list[str], read: Read, wanted: Container[str]) -> dict[str, dict[str, Instant]]:
    """Where sessions are: by id and file, how new they are there; the first file comes first."""
    places: dict[str, dict[str, Instant]] = {}
    for name in names:
        for merged in shape.merge(_elements(name, read) or []):
            if (sid := merged.session["id"]) in wanted:
                places.setdefault(sid, {})[name] = instant(merged.session["updatedAt"])
    return places


def _elements(name: str, read: Read) -> list[Json] | None:
    """The sessions of a file; None when nobody can read them, and so nobody can add to them."""
    try:
        data = read(name)
        return decode.sessions(data) if data is not None else []
    except decode.BadFileError as bad:
        return [] if bad.args[0] in decode.EMPTY else None


def _rewritten(db: sqlite3.Connection, name: str, ids: list[str], read: Read, then: Read) -> File | None:
    """The file with what others did to these sessions; None when it holds all of it already."""
    elements, before = _elements(name, read), _elements(name, then) or []
    if elements is None:
        return File(name, None, None, ids)
    now = read(name)
    texts = _texts(now.decode()) if now and elements else []
    made: list[str | None] = [*texts]
    merged = {one.session["id"]: one for one in shape.merge(elements)}
    left: list[str] = []
    for sid in ids:
        twins = [number for number, one in enumerate(elements) if one["id"] == sid]
        there, stored = merged.get(sid), load(db, sid)
        if [elements[number] for number in twins] != [one for one in before if one["id"] == sid]:
            if not _same(there, elements, stored):
                left.append(sid)
            continue
        try:
            text = _text(there, elements, stored, load(db, sid, "ours"))
        except (ValueError, decode.BadFileError):  # a value that the file cannot hold
            left.append(sid)
            continue
        if text is not None:
            for number in twins:
                made[number] = None
            if there and text:
                made[there.winner] = text
            else:
                made.append(text or None)
    kept = [text for text in made if text is not None]
    if kept == texts:
        return File(name, now, now, left) if left else None
    return File(name, now, array(kept), left)


def indented(text: str) -> str:
    """An element's text as it stands in its file."""
    return text.replace("\n", "\n  ")


def array(texts: list[str]) -> bytes:
    """The file of these elements, as the editor writes it."""
    return ("[\n  " + ",\n  ".join(texts) + "\n]" if texts else "[]").encode()


def _texts(text: str) -> list[str]:
    """The elements of an array, each as it is written."""
    found: list[str] = []
    at = BETWEEN.match(text, text.index("[") + 1).end()  # type: ignore[union-attr]
    while text[at] != "]":
        end = PLAIN.raw_decode(text, at)[1]
        found.append(text[at:end])
        at = BETWEEN.match(text, end).end()  # type: ignore[union-attr]
    return found


def _same(merged: Merged | None, elements: list[Json], stored: Stored | None) -> bool:
    """Whether a file's session is just what the database holds."""
    if merged is None or stored is None:
        return merged is None and stored is None
    one = _in_file(merged, elements, stored, stored)
    return one.row == stored.row and one.messages == stored.messages and not _other_instances(one, stored)


def _other_instances(one: Stored, other: Stored) -> bool:
    values = [{number: part for number, (_, part) in side.instances.items()} for side in (one, other)]
    return values[0] != values[1]


def _in_file(merged: Merged, elements: list[Json], now: Stored, was: Stored | None) -> Stored:
    """What a file holds of a session, in the terms of the database; without messages that it never had."""
    one = shape.shaped(merged, elements, "", now.row["workspace_path"], now.instances)
    ids = _stored_as([part for _, _, part in merged.messages], now, was)
    bodies = {name: message[3] for name, message in zip(ids, one.messages, strict=True) if name}
    return Stored(one.row, {number: (0, values) for number, values in one.instances.items()}, bodies)


def _text(merged: Merged | None, elements: list[Json], now: Stored | None, was: Stored | None) -> str | None:
    """The session as its file is to have it; empty when it is to go, None when it is as it should be.

    Raises ValueError, decode.BadFileError when the editor could not read that.
    """
    if now is None:
        return ""
    if merged is None:
        made = element(now, None, None)
    else:
        there = _in_file(merged, elements, now, was)
        made = element(now, there, copy.deepcopy(_one(merged, now, was)))
        if made == _one(merged, now, None):
            return None
    text = json.dumps(made, indent=2, ensure_ascii=False, allow_nan=False)
    decode.sessions(f"[{text}]".encode())
    return indented(text)


def _one(merged: Merged, now: Stored, was: Stored | None) -> Json:
    """All twins as one element; without the instances and messages that the database had and has no more."""
    instances: dict[int, Json] = {}
    for _, _, part in merged.instances:
        if not was or part["instanceId"] in now.instances or part["instanceId"] not in was.instances:
            instances.setdefault(part["instanceId"], part)
    messages = [part for _, _, part in merged.messages]
    ids = _stored_as(messages, was) if was else [None] * len(messages)
    messages = [part for part, name in zip(messages, ids, strict=True) if not name or name in now.messages]
    return {**merged.session, "instances": list(instances.values()), "chatHistory": messages}


def _stored_as(parts: list[Json], *sides: Stored | None) -> list[str | None]:
    """Under which id the database has, or had, each message of a file."""
    found: list[str | None] = []
    for part in parts:
        name = None
        for side in reversed([side for side in sides if side]):
            role = part["role"] if part["role"] in schema.ROLES else "system"
            number = part.get("instanceId")
            body = (role, part["content"], part["timestamp"], number if number in side.instances else None)
            ids = islice(shape.names(side.row["id"], part["id"]), len(side.messages) + 2)
            name = name or next((one for one in ids if side.messages.get(one) == body), None)
        found.append(name)
    return found


def element(now: Stored, was: Stored | None, one: Json | None) -> Json:
    """The session as the file should have it; `one` is how the file has it, `was` the same in the database's terms."""
    made: Json = dict.fromkeys(decode.SESSION) | {"instances": [], "chatHistory": []} | (one or {})
    for key, column in KEYS.items():
        if was is None or now.row[column] != was.row[column]:
            made[key] = _value(key, now.row[column])
    instances = {part["instanceId"]: part for part in reversed(made["instances"])}
    for number, (_, values) in now.instances.items():
        before = was.instances[number][1] if was and number in was.instances else None
        if before == values:
            continue
        part = instances.get(number)
        if part is None:
            made["instances"].append(part := {})
        for index, key in enumerate(decode.INSTANCE):
            if before is None or before[index] != values[index]:
                part[key] = values[index]
    _say(made, now, was)
    return made


def _say(made: Json, now: Stored, was: Stored | None) -> None:
    """The element has the messages of the database, changed where they were changed."""
    said = _stored_as(made["chatHistory"], was)
    for part, name in zip(made["chatHistory"], said, strict=False):
        if was and name and name in now.messages:
            for key, old, new in zip(BODY, was.messages[name], now.messages[name], strict=True):
                if old != new:
                    part[key] = new
    for mid, body in now.messages.items():
        if was is None or mid not in was.messages:
            made["chatHistory"].append({"id": mid} | dict(zip(BODY, body, strict=True)))


def _value(key: str, value: Any) -> Any:
    if key == "preserveWorktrees":
        return bool(value)
    if key == "runtimeMix" and value is not None:
        with contextlib.suppress(ValueError):
            return json.loads(value)
    return value
