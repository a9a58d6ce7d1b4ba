"""Work that others did in `sessions.db` since, written back to the JSON files that the editor read before.

Only what differs from a second build is written: a field, an instance, a message, a whole session. So what the
database could not hold as it was, and keys that nobody knows, stay in the files. Nothing is ever taken out of a file.
"""

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from migrator.ait42 import decode, schema, shape
from migrator.ait42.decode import Json
from migrator.ait42.rows import Stored, load
from migrator.ait42.workspaces import NAME, hashed

CHANGED = (
    "SELECT m.id, m.workspace_path, o.workspace_path FROM main.sessions m LEFT JOIN ours.sessions o ON o.id = m.id "
    "WHERE m.id IN (SELECT id FROM (SELECT * FROM main.sessions EXCEPT SELECT * FROM ours.sessions) "
    "UNION SELECT session_id FROM (SELECT * FROM main.instances EXCEPT SELECT * FROM ours.instances) "
    "UNION SELECT session_id FROM (SELECT * FROM main.chat_messages EXCEPT SELECT * FROM ours.chat_messages)) "
    "ORDER BY m.rowid"
)
KEYS = dict(
    zip(shape.SESSION_KEYS, (name for name in schema.SESSION if name != "workspace_path"), strict=True)
)
BODY = ("role", "content", "timestamp", "instanceId")


class File(NamedTuple):
    """A session file: its name, its bytes in the backup (None: there was none), and those that it is to have."""

    name: str
    was: bytes | None
    will_be: bytes


def files_with(
    copy: sqlite3.Connection, names: dict[str, str], read: Callable[[str], bytes]
) -> Iterator[File]:
    """Every session file that changes, as it was read and as it will be; one at a time.

    `copy` has the second build attached as `ours`; `names` are the files' names by workspace, `read` gives a file
    from the backup and raises KeyError when there was none.
    """
    places: dict[str, list[str]] = {}
    for sid, workspace, home in copy.execute(CHANGED).fetchall():
        name = names.get(home or workspace) or workspace.removeprefix("unknown:")
        places.setdefault(name if NAME.fullmatch(name) else hashed(workspace), []).append(sid)
    for name, ids in sorted(places.items()):
        data: bytes | None = None
        elements: list[Json] = []
        try:
            data = read(name)
            elements = decode.sessions(data)
        except KeyError:
            pass
        except decode.BadFileError as bad:
            if bad.args[0] not in {"empty-file", "no-sessions"}:
                continue  # nobody can add to it
        winners = {merged.session["id"]: merged.winner for merged in shape.merge(elements)}
        for sid in ids:
            now = load(copy, sid)
            assert now
            if sid in winners:
                elements[winners[sid]] = element(now, load(copy, sid, "ours"), elements[winners[sid]])
            else:
                elements.append(element(now, None, None))
        yield File(name, data, json.dumps(elements, indent=2, ensure_ascii=False).encode())


def element(now: Stored, was: Stored | None, one: Json | None) -> Json:
    """The session as the file should have it; `one` is how the file has it."""
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
    said = {part["id"]: part for part in reversed(made["chatHistory"])}
    for mid, body in now.messages.items():
        before = was.messages.get(mid) if was else None
        if before != body:
            part = said.get(mid) if before else None
            if part is None:
                made["chatHistory"].append(part := {"id": mid})
            part.update(zip(BODY, body, strict=True))
    return made


def _value(key: str, value: Any) -> Any:
    if key == "preserveWorktrees":
        return bool(value)
    if key == "runtimeMix" and value is not None:
        with contextlib.suppress(ValueError):
            return json.loads(value)
    return value
