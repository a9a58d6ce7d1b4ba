"""A store of notes that are kept twice, in `target.json` and in `beside.json`, and talks with it written by hand.

A request puts a note, adds to it, reads it, or compares the sides; an answer says `ok`, and `through` where the
second side has it too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, cast

from handwritten import event, evidence, home, read_target, stored

from harness.dialogue import Dialogue, Request, Side, Sides, State
from harness.evidence import Evidence
from harness.history import Event
from harness.home import Home
from harness.records import Record
from harness.sut import Verb
from harness.talk import BlowKind, Exchange, Talk


class Notes:
    """The pack's side of it."""

    writable = frozenset({"beside.json"})

    def requests(self, _home: Home, _random: Random, clients: int, operations: int) -> list[list[Request]]:
        return [[{"id": n, "do": "read", "note": "a"} for n in range(operations)] for _ in range(clients)]

    def settling(self) -> list[Request]:
        return [{"id": 0, "do": "compare"}]

    def sides(self, asked: Home) -> Sides:
        beside = json.loads(asked.content("beside.json")) if asked.get("beside.json") else {}
        strange = frozenset({"beside.part"} if asked.get("beside.part") else ())
        return Sides(read_target(asked).get("notes", {}), beside, beside, strange)

    def same(self, one: State, other: State) -> bool:
        return one == other

    fits = same

    def newer(self, target: State, legacy: State) -> Side:
        return "legacy" if _rank(legacy) >= _rank(target) else "target"

    def merged(self, target: State, legacy: State) -> State:
        return legacy if self.newer(target, legacy) == "legacy" else target

    def concerns(self, exchange: Exchange, _known: Sequence[str]) -> Mapping[str, bool]:
        do = exchange.request["do"]
        return {} if do == "compare" else {exchange.request["note"]: do != "read"}

    def apply(self, exchange: Exchange, _subject: str, state: State, _side: Side) -> list[State]:
        request, reply = exchange.request, exchange.reply
        if request["do"] == "read":
            return [state] if exchange.answered is None or reply.get("value") == state else []
        said = "" if request["do"] == "put" else cast("Record", state or {"text": ""})["text"]
        return [{"text": said + request["text"], "rank": 1 + max(0, _rank(state))}]

    def acknowledged(self, exchange: Exchange) -> bool:
        return bool(exchange.reply and exchange.reply.get("ok"))

    def written_through(self, exchange: Exchange) -> bool:
        return self.acknowledged(exchange) and bool(exchange.reply.get("through"))

    def drift(self, exchange: Exchange) -> Mapping[str, Side] | None:
        return exchange.reply["apart"] if exchange.request["do"] == "compare" and exchange.reply else None

    def mends(self, exchange: Exchange) -> bool:
        return bool(exchange.request.get("mend"))


def _rank(state: State) -> int:
    return -1 if state is None else cast("int", state["rank"])


NOTES = cast("Dialogue", Notes())


def note(text: str, rank: int = 1) -> dict[str, Any]:
    return {"text": text, "rank": rank}


def kept(target: Mapping[str, Any], beside: Mapping[str, Any] | None = None) -> Home:
    """Returns a home with these notes on one side, and on the other; the same on both where only one is given."""
    other = target if beside is None else beside
    return home({"target.json": stored({"notes": target}), "beside.json": json.dumps(other)})


def said(
    client: int,
    sent: float,
    answered: float | None,
    do: str,
    *,
    reply: Any = None,
    cut: bool = False,
    **more: Any,
) -> Exchange:
    """Returns an exchange; the answer has the request's id, and is `ok` and `through` unless it is said otherwise."""
    request = {"id": int(sent * 10), "do": do, **more}
    given = {"id": request["id"], "ok": True, "through": True, **(reply or {})}
    return Exchange(client, sent, request, answered, None if answered is None else given, cut)


def talked(
    before: Home, after: Home, *exchanges: Exchange, blow: BlowKind = "", do: Verb = "store", **more: Any
) -> Event:
    """Returns a step of clients; with a blow that of ``random``, the first client without an answer was killed."""
    clients = {one.client for one in exchanges}
    lost = {one.client for one in exchanges if one.answered is None} if blow == "random" else set()
    statuses = tuple(-9 if client in lost else 0 for client in sorted(clients))
    return event(before, after, do=do, talk=Talk(exchanges, statuses, blow, bool(blow)), **more)


def shown(*events: Event, **more: Any) -> Evidence:
    given = evidence(*events, **more)
    return Evidence(
        given.history,
        given.profile,
        given.expect,
        given.read_target,
        given.problems_of,
        given.read_stored,
        given.damage_of,
        NOTES,
    )


EMPTY_STORE = kept({})
