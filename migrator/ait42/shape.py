"""From the elements of one file to sessions as the database will hold them; pure.

An element is what stands in the file's array; elements with one id are twins and become one session.
"""

import hashlib
import json
import re
from collections.abc import Collection, Container, Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple

from migrator.ait42 import decode, schema
from migrator.ait42.decode import Json
from migrator.ait42.moments import instant

HIGHEST, LONG = 2**63 - 1, 10_000  # what an INTEGER column holds; characters of a message, noted beyond
APART = ("instances", "chatHistory")
SESSION_KEYS = [key for key in decode.SESSION if key not in APART]
INSTANCE_KEYS = list(decode.INSTANCE)

Body = tuple[str, str, str, int | None]  # role, content, timestamp, instanceId
Part = tuple[int, int, Json]  # element and index that an instance or message comes from, and itself


class Issue(NamedTuple):
    """Where the database does not hold what the file holds; a row of `migration_issues`."""

    source: str
    entity: str
    entity_id: str
    field: str
    original: str | None
    stored: str | None
    reason: str


Message = tuple[int, int, str, Body, Sequence[Issue]]  # element, index, id, body, issues


class Merged(NamedTuple):
    """A session of one file: its winning element, the other twins, and the parts of all of them."""

    winner: int
    losers: list[int]
    session: Json
    instances: list[Part]
    messages: list[Part]

    def digest(self) -> bytes:
        """Equal for sessions whose known fields are all equal."""
        known: list[Any] = [[self.session.get(key) for key in SESSION_KEYS]]
        for kind, found in ((decode.INSTANCES, self.instances), (decode.MESSAGES, self.messages)):
            known.append([[part[2].get(key) for key in kind.keys] for part in found])
        return hashlib.sha256(repr(known).encode()).digest()


class Shaped(NamedTuple):
    """A session in the database's terms; instances by instanceId, messages in order; `file` relative to the home."""

    id: str
    file: str
    source: str
    row: dict[str, Any]
    instances: dict[int, tuple[Any, ...]]
    messages: list[Message]
    issues: list[Issue]  # without those of messages
    long: int  # messages of more than LONG characters


def merge(elements: list[Json]) -> list[Merged]:
    """The sessions of one file, each in the place of the first element with its id."""
    places: dict[str, list[int]] = {}
    for number, one in enumerate(elements):
        places.setdefault(one["id"], []).append(number)
    return [_merged(elements, twins) for twins in places.values()]


def _merged(elements: list[Json], twins: list[int]) -> Merged:
    winner = (
        twins[0] if len(twins) == 1 else max(twins, key=lambda n: (instant(elements[n]["updatedAt"]), -n))
    )
    losers = [number for number in twins if number != winner]
    instances, messages = (
        [
            (number, index, part)
            for number in [winner, *losers]
            for index, part in enumerate(elements[number][name])
        ]
        for name in APART
    )
    return Merged(winner, losers, elements[winner], instances, messages)


def shaped(
    merged: Merged, elements: list[Json], file: str, workspace: str, there: Collection[int] = ()
) -> Shaped:
    """The session as the database will hold it; `workspace` may be `unknown:<hash>`.

    `there` are the numbers of instances that the database has for it already.
    """
    one = merged.session
    sid, source = one["id"], f"{file}#{merged.winner}"
    issues: list[Issue] = []
    for loser in merged.losers:
        original = decode.scalars(elements[loser], decode.SESSIONS, APART)
        issues.append(Issue(f"{file}#{loser}", "session", sid, "id", original, None, "duplicate-session"))

    def tell(field: str, original: Any, stored: Any, reason: str) -> None:
        kept = None if stored is None else str(stored)
        issues.append(Issue(source, "session", sid, field, str(original), kept, reason))

    row = dict(zip(schema.SESSION, _session_values(one, workspace), strict=True))
    if workspace.startswith("unknown:"):
        tell("workspace", workspace.removeprefix("unknown:"), workspace, "workspace-unknown")
    if row["status"] not in schema.STATUSES:
        row["status"] = _status(one["status"])
        tell("status", one["status"], row["status"], "status-replaced")
    if row["timeout_seconds"] == 0:
        row["timeout_seconds"] = None
        tell("timeoutSeconds", 0, None, "timeout-zero")
    if (row["total_duration"] or 0) > HIGHEST:
        tell("totalDuration", row["total_duration"], None, "out-of-range")
        row["total_duration"] = None
    instances = _instances(merged, sid, file, issues)
    winner = row["winner_id"]
    known = instances.keys() | there
    if winner is not None and winner not in known:
        tell("winnerId", winner, winner, "dangling-winner")
    messages = [_message(part, file, known) for part in merged.messages]
    long = sum(1 for message in messages if len(message[3][1]) > LONG)
    return Shaped(sid, file, source, row, instances, messages, issues, long)


def _session_values(one: Json, workspace: str) -> list[Any]:
    values = [one.get(key) for key in SESSION_KEYS]
    values.insert(1, workspace)
    values[10] = 1 if values[10] else 0  # preserve_worktrees
    if values[12] is not None:  # runtime_mix
        values[12] = json.dumps(values[12], ensure_ascii=False, separators=(",", ":"))
    return values


def _status(text: str) -> str:
    return "running" if re.fullmatch("started|round_[0-9]+", text) else "paused"


def _instances(merged: Merged, sid: str, file: str, issues: list[Issue]) -> dict[int, tuple[Any, ...]]:
    kept: dict[int, Json] = {}
    found: dict[int, tuple[Any, ...]] = {}
    for number, index, one in merged.instances:
        key = one["instanceId"]
        at = f"{file}#{number}/instances/{index}", "instance", f"{sid}/{key}"
        if key in kept:
            original = decode.scalars(one, decode.INSTANCES)
            if original != decode.scalars(kept[key], decode.INSTANCES):
                issues.append(Issue(*at, "instanceId", original, None, "duplicate-instance"))
            continue
        kept[key] = one
        values = [one.get(name) for name in INSTANCE_KEYS]
        if one["status"] not in schema.INSTANCE_STATUSES:
            values[4] = _status(one["status"])
            issues.append(Issue(*at, "status", one["status"], values[4], "status-replaced"))
        runtime = values[12]
        if runtime is not None and runtime not in schema.RUNTIMES:
            values[12] = None
            reason = "runtime-replaced" if runtime else "runtime-empty"
            issues.append(Issue(*at, "runtime", runtime, None, reason))
        found[key] = tuple(values)
    return found


def _message(part: Part, file: str, instances: Container[int]) -> Message:
    number, index, one = part
    mid, role, ref = one["id"], one["role"], one.get("instanceId")
    if role in schema.ROLES and (ref is None or ref in instances):
        return number, index, mid, (role, one["content"], one["timestamp"], ref), ()
    at, issues = (f"{file}#{number}/chatHistory/{index}", "message", mid), []
    if role not in schema.ROLES:
        role = "system"
        issues.append(Issue(*at, "role", one["role"], role, "role-replaced"))
    if ref is not None and ref not in instances:
        issues.append(Issue(*at, "instanceId", str(ref), None, "dangling-instance"))
        ref = None
    return number, index, mid, (role, one["content"], one["timestamp"], ref), issues


def names(sid: str, mid: str) -> Iterator[str]:
    """Under which ids a message may be stored, the most wanted first."""
    yield mid
    yield f"{sid}:{mid}"
    yield from (f"{sid}:{mid}:{number}" for number in count(2))


def held(one: Shaped, stored: dict[str, Body], taken: Container[str]) -> dict[str, Body]:
    """Those of the session's messages that the database has, by the ids under which it has them; see `named`."""
    found: dict[str, Body] = {}
    for _, _, mid, body, _ in one.messages:
        for name in names(one.id, mid):
            if stored.get(name) == body:
                found[name] = body
            if stored.get(name) == body or name not in taken:
                break
    return found


def named(
    one: Shaped, stored: dict[str, Body], taken: Container[str]
) -> tuple[list[tuple[str, Body]], list[Issue]]:
    """The messages that have to be added, with their ids, and all issues of the session.

    `stored` are the session's messages in the database; `taken` are ids that any session's message has there.
    Of messages that are equal, only the first has issues.
    """
    added, issues, own = list[tuple[str, Body]](), list(one.issues), dict[str, Body]()
    ids = [message[2] for message in one.messages]
    if (
        not stored and len(set(ids)) == len(ids) and not any(name in taken for name in ids)
    ):  # as almost always
        issues += [issue for message in one.messages for issue in message[4]]
        return [message[2:4] for message in one.messages], issues
    for number, index, mid, body, found in one.messages:
        for name in names(one.id, mid):
            there = own.get(name) or stored.get(name)
            if there == body if there else name not in taken:
                break
        if name in own:
            continue
        if not there:
            added.append((name, body))
        own[name] = body
        issues += found
        if name != mid:
            place = f"{one.file}#{number}/chatHistory/{index}"
            issues.append(Issue(place, "message", mid, "id", mid, name, "message-id-collision"))
    return added, issues
