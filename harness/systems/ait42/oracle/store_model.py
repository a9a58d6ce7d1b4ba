"""What each request to a store makes of a session, and which answers it can have: told from the contract alone.

A store stamps ``updatedAt`` itself, so that this value is left open after a change.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.dialogue import Side, State
from harness.records import Record
from harness.systems.ait42.oracle.layout import SessionFile
from harness.systems.ait42.oracle.merging import TYPES, merged
from harness.systems.ait42.oracle.serde import INSTANCE, MESSAGE, SESSION, UnusableError, decode
from harness.systems.ait42.oracle.sides import ANY, fits, of_file
from harness.talk import Exchange

_ROLES = ("user", "assistant", "system")
_SHOWN = ("type", "task", "status", "created_at")
_DRIFT: Mapping[str, Side] = {
    "json_only": "legacy", "newer_in_json": "legacy", "sqlite_only": "target", "newer_in_sqlite": "target",
}  # fmt: skip
Made = tuple[str, State]  # the code of the answer, empty for done; and the state then


def concerns(exchange: Exchange, known: Sequence[str]) -> dict[str, bool]:
    """Returns the sessions that a request is about; true where it may write them."""
    request = exchange.request
    if request["do"] == "create_session":
        return {request["session"]["id"]: True}
    if request["do"] in {"update_session", "add_message", "get"}:
        return {request["session"]: request["do"] != "get"}
    return dict.fromkeys(known, False) if request["do"] in {"list", "search"} else {}


def acknowledged(exchange: Exchange) -> bool:
    """Tells whether the answer says that it was done."""
    return isinstance(exchange.reply, dict) and exchange.reply.get("ok") is True


def written_through(exchange: Exchange) -> bool:
    """Tells whether the answer says that the file has it too."""
    return acknowledged(exchange) and exchange.reply.get("json") == "written"


def drift(exchange: Exchange) -> dict[str, Side] | None:
    """Returns the sessions that an answer to `reconcile` names, with the newer side."""
    if exchange.request["do"] != "reconcile" or not acknowledged(exchange):
        return None
    told = ((side, exchange.reply.get(key)) for key, side in _DRIFT.items())
    return {str(name): side for side, names in told if isinstance(names, list) for name in names}


def mends(exchange: Exchange) -> bool:
    """Tells whether a `reconcile` was to mend."""
    return exchange.request["do"] == "reconcile" and bool(exchange.request.get("mend"))


def apply(exchange: Exchange, subject: str, state: State, side: Side) -> list[State]:
    """Returns the states that the request can leave, none where its answer cannot be had from this one."""
    request, reply = exchange.request, exchange.reply
    if request["do"] in {"get", "list", "search"}:
        seen = exchange.answered is None or _seen(request, reply, subject, state)
        return [state] if seen else []
    makes = {"create_session": _create, "update_session": _update, "add_message": _say}[request["do"]]
    every = list(makes(request, state, side))
    if exchange.answered is None:
        return [after for _, after in every]
    if acknowledged(exchange):
        return [after for code, after in every if not code and reply.get("session") == subject]
    return [after for code, after in every if code and code == _code(reply)]


def _code(reply: Any) -> str | None:
    return reply.get("code") if isinstance(reply, dict) and reply.get("ok") is False else None


def _create(request: Mapping[str, Any], state: State, side: Side) -> Iterator[Made]:
    made = _session(request["session"], request["workspace"], side)
    if made is None:
        yield "BAD_REQUEST", state
    elif state is None:
        yield "", made
    if state is not None:
        yield "EXISTS", state


def _session(element: Any, workspace: str, side: Side) -> Record | None:
    """Returns a new session, or None where no file could hold it."""
    name = hashlib.sha256((workspace.rstrip("/") or "/").encode()).hexdigest()[:16]
    try:
        rows = decode(json.dumps([element]).encode())
    except UnusableError:
        return None
    one = next(merged(SessionFile(name, rows)))
    numbers = {part.row["instanceId"] for part in one.messages} - {None}
    if one.scalars["type"] not in TYPES or numbers - one.instances.keys():
        return None
    return {**of_file(one), "workspace": workspace if side == "target" else name}


def _update(request: Mapping[str, Any], state: State, side: Side) -> Iterator[Made]:
    if state is None:
        yield "NOT_FOUND", state
        return
    element = _with(request["fields"], _element(state))
    made = None if element is None else _session(element, "", side)
    if made is None:
        yield "BAD_REQUEST", state
    else:
        kept = {key: state[key] for key in ("id", "workspace", "created_at", "messages")}
        yield "", {**made, **kept, "updated_at": ANY}


def _element(state: Record) -> dict[str, Any]:
    """Returns the session as an element of a file that says the same, without its messages."""
    one = {key: state[_column(key)] for key in SESSION if key not in {"instances", "chatHistory"}}
    parts = [{key: part[_column(key)] for key in INSTANCE} for part in state["instances"].values()]
    kept = bool(one["preserveWorktrees"])
    return {**one, "preserveWorktrees": kept, "instances": parts, "chatHistory": []}


def _with(fields: Any, element: dict[str, Any]) -> dict[str, Any] | None:
    """Returns the element with the fields, an instance's where it is there already; None where that cannot be."""
    if not isinstance(fields, dict) or fields.keys() - (SESSION.keys() - {"id", "chatHistory"}):
        return None
    parts = {part["instanceId"]: part for part in element["instances"]}
    for part in fields.get("instances", ()):
        if not isinstance(part, dict) or not isinstance(part.get("instanceId"), int):
            return None
        parts[part["instanceId"]] = {**parts.get(part["instanceId"], {}), **part}
    return {**element, **fields, "instances": list(parts.values())}


def _say(request: Mapping[str, Any], state: State, _: Side) -> Iterator[Made]:
    message = request["message"]
    good = isinstance(message, dict) and all(
        isinstance(message.get(key), str) for key, field in MESSAGE.items() if field.needed
    )
    if state is None:
        yield "NOT_FOUND", state
        return
    number = message.get("instanceId")
    if not good or (number is not None and str(number) not in state["instances"]):
        yield "BAD_REQUEST", state
    else:
        role = message["role"] if message["role"] in _ROLES else "system"
        told = [message["id"], role, message["content"], message["timestamp"], number]
        if told in state["messages"]:
            yield "", state  # it was asked for again
        elif any(said[0] == message["id"] for said in state["messages"]):
            yield "EXISTS", state
        else:
            yield "", {**state, "updated_at": ANY, "messages": sorted([*state["messages"], told], key=repr)}


def _seen(request: Mapping[str, Any], reply: Any, subject: str, state: State) -> bool:
    """Tells whether a reading request can have seen the state."""
    if request["do"] == "get":
        return _got(reply, state)
    found = reply.get("sessions") if isinstance(reply, dict) and reply.get("ok") is True else None
    if not isinstance(found, list):
        return False
    if request["do"] == "search":
        least, most = _matches(request["text"], state)
        return least <= (subject in found) <= most
    rows = [row for row in found if isinstance(row, dict) and row.get("id") == subject]
    asked, limited = request.get("workspace"), "limit" in request
    if state is None or (asked is not None and state["workspace"] not in {asked, ANY}):
        return not rows
    if not rows:
        return limited or (asked is not None and state["workspace"] == ANY)
    row = rows[0]
    counts = (row.get("instance_count"), row.get("message_count")) == (
        len(state["instances"]),
        len(state["messages"]),
    )
    placed = state["workspace"] in {ANY, row.get("workspace_path")}
    return len(rows) == 1 and counts and placed and all(row.get(key) == state[key] for key in _SHOWN)


def _got(reply: Any, state: State) -> bool:
    if state is None:
        return _code(reply) == "NOT_FOUND"
    if not isinstance(reply, dict) or reply.get("ok") is not True:
        return False
    found = _session(reply.get("session"), "", "target")
    return found is not None and fits({**state, "workspace": ANY}, found)


def _matches(text: str, state: State) -> tuple[bool, bool]:
    """Returns whether a search must find the session, and whether it may: words are compared without case and accents."""
    if state is None:
        return False, False
    task = state["task"]
    words, asked = _words(task), _words(text)
    phrase = any(words[at : at + len(asked)] == asked for at in range(len(words))) if asked else False
    return text in task, phrase or text.casefold() in task.casefold()


def _words(text: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    return "".join(c if c.isalnum() else " " for c in plain).split()


def _column(key: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in key)
