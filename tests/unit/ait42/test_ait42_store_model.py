"""What the pack says of a store: both sides of a home in one form, what a request makes of a session, what is drawn."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from ait42_homes import ROOT

from harness.dialogue import State
from harness.home import Home
from harness.systems.ait42 import dialogue, legacy, model
from harness.systems.ait42.model import Instance, LegacyState, Message, Session, TargetState, Workspace
from harness.talk import Exchange

ONE = Session("one", task="Fix the parser", instances=(Instance(1),), chat=(Message("m"),))
STATE = LegacyState(workspaces=(Workspace("work", (ONE,)),), target=TargetState("ready"))
HOME = legacy.write(STATE, ROOT)
FILE = next(path for path in HOME.entries if path.startswith(f"{model.SESSIONS}/"))


def rows() -> list[Any]:
    return json.loads(HOME.content(FILE))


def with_rows(*elements: Any) -> Home:
    return HOME.with_file(FILE, json.dumps(elements).encode())


def state(home: Home = HOME) -> dict[str, Any]:
    return dict(dialogue.sides(home).legacy["one"])


def asked(do: str, *, reply: Any = None, unanswered: bool = False, **given: Any) -> Exchange:
    said = None if unanswered else {"id": 0, "ok": True, "session": "one", "json": "written", **(reply or {})}
    return Exchange(0, 0.0, {"id": 0, "do": do, **given}, None if unanswered else 1.0, said)


def made(exchange: Exchange, before: State) -> list[State]:
    return dialogue.apply(exchange, "one", before, "legacy")


REFUSED = {"ok": False, "code": "BAD_REQUEST"}
MESSAGE = {"id": "x", "role": "tool", "content": "c", "timestamp": "t", "instanceId": 1}


def test_a_file_is_read_as_a_migration_would_store_it() -> None:
    found = state()
    assert (found["task"], found["workspace"]) == ("Fix the parser", FILE[-21:-5])
    assert found["instances"]["1"]["branch"] == ""
    assert found["messages"] == [["m", "user", "ok", "2025-11-11T09:00:00.000Z", None]]


def test_a_message_that_stands_twice_is_two_and_one_of_two_twins_is_one() -> None:
    (row,) = rows()
    doubled = with_rows(row | {"chatHistory": row["chatHistory"] * 2})
    assert len(state(doubled)["messages"]) == 2
    assert len(state(with_rows(row, row))["messages"]) == 1


def test_the_raw_form_tells_even_what_nobody_knows() -> None:
    (row,) = rows()
    home = with_rows(row | {"unknown": [1]}).with_file(f"{model.SESSIONS}/left.part", b"")
    assert dialogue.sides(home).raw == {"one": [[FILE[-21:-5], row | {"unknown": [1]}]]}
    assert dialogue.sides(home).strange == {f"{model.SESSIONS}/left.part"}


def test_a_change_gives_the_fields_their_values_and_leaves_the_stamp_open() -> None:
    fields = {
        "task": "new",
        "status": "round_9",
        "runtimeMix": ["codex"],
        "instances": [{"instanceId": 1, "branch": "b"}],
    }
    (after,) = made(asked("update_session", session="one", fields=fields), state())
    assert after is not None
    assert (after["task"], after["status"], after["runtime_mix"]) == ("new", "running", ["codex"])
    assert after["instances"]["1"]["branch"] == "b"
    assert dialogue.fits(after, {**after, "updated_at": "whenever"})
    assert not dialogue.fits(after, {**after, "task": "other"})


@pytest.mark.parametrize(
    "exchange",
    [
        asked("update_session", session="one", fields={"task": None}, reply=REFUSED),
        asked("update_session", session="one", fields={"id": "two"}, reply=REFUSED),
        asked("update_session", session="one", fields={"instances": [{"instanceId": 7}]}, reply=REFUSED),
        asked("add_message", session="one", message={"id": "x"}, reply=REFUSED),
        asked("add_message", session="one", message=MESSAGE | {"instanceId": 8}, reply=REFUSED),
        asked(
            "add_message", session="one", message=MESSAGE | {"id": "m"}, reply={"ok": False, "code": "EXISTS"}
        ),
        asked("create_session", workspace="/w", session=rows()[0], reply={"ok": False, "code": "EXISTS"}),
    ],
)
def test_a_wrong_request_is_refused_and_may_not_be_done(exchange: Exchange) -> None:
    assert made(exchange, state()) == [state()]
    done = Exchange(0, 0.0, exchange.request, 1.0, {"id": 0, "ok": True, "session": "one"})
    assert made(done, state()) == []


def test_nothing_is_found_of_a_session_that_is_not_there() -> None:
    missing = {"ok": False, "code": "NOT_FOUND"}
    for do, given in (("update_session", {"fields": {}}), ("add_message", {"message": MESSAGE}), ("get", {})):
        assert made(asked(do, session="one", reply=missing, **given), None) == [None]
        assert made(asked(do, session="one", reply=missing, **given), state()) == []


def test_a_message_is_added_once_however_often_it_is_sent() -> None:
    say = asked("add_message", session="one", message=MESSAGE)
    (after,) = made(say, state())
    assert after is not None
    assert ["x", "system", "c", "t", 1] in after["messages"]
    assert made(say, after) == [after]
    assert made(asked("add_message", session="one", message=MESSAGE, unanswered=True), state()) == [after]


def test_an_answer_about_another_session_is_no_answer() -> None:
    say = asked("add_message", session="one", message=MESSAGE, reply={"session": "two"})
    assert made(say, state()) == []


def test_a_session_is_got_as_it_is() -> None:
    assert made(asked("get", session="one", reply={"session": rows()[0]}), state()) == [state()]
    other = rows()[0] | {"task": "other"}
    assert made(asked("get", session="one", reply={"session": other}), state()) == []


def listed(**other: Any) -> dict[str, Any]:
    row = {
        "id": "one", "workspace_path": FILE[-21:-5], "type": "competition", "task": "Fix the parser", "status": "running",
        "created_at": ONE.created_at, "updated_at": ONE.updated_at, "instance_count": 1, "message_count": 1,
    }  # fmt: skip
    return row | other


def test_a_list_shows_each_session_once_with_its_counts() -> None:
    assert made(asked("list", reply={"sessions": [listed()]}), state()) == [state()]
    assert made(asked("list", reply={"sessions": []}), None) == [None]
    for wrong in ([], [listed(), listed()], [listed(message_count=2)], [listed(task="x")]):
        assert made(asked("list", reply={"sessions": wrong}), state()) == []
    assert made(asked("list", workspace="/other", reply={"sessions": []}), state()) == [state()]
    assert made(asked("list", workspace="/other", reply={"sessions": [listed()]}), state()) == []
    assert made(asked("list", limit=0, reply={"sessions": []}), state()) == [state()]


@pytest.mark.parametrize(
    ("text", "found", "right"),
    [("parser", True, True), ("parser", False, False), ("PÁRSER", True, True), ("PÁRSER", False, True), ("rocket", False, True),
     ("rocket", True, False), ("the parser fix", True, False)],
)  # fmt: skip
def test_a_search_finds_what_a_scan_finds(text: str, *, found: bool, right: bool) -> None:
    reply = {"sessions": ["one"] if found else []}
    assert made(asked("search", text=text, reply=reply), state()) == ([state()] if right else [])


def test_the_newer_side_counts_and_the_file_where_both_are_as_new() -> None:
    here = state() | {"task": "here", "instances": {"2": state()["instances"]["1"]}}
    there = state() | {"task": "there", "messages": [["n", "user", "c", "t", None]]}
    assert dialogue.newer(here, there) == "legacy"
    both = dialogue.merged(here, there)
    assert both is not None
    assert (both["task"], sorted(both["instances"]), len(both["messages"])) == ("there", ["1", "2"], 2)
    later = here | {"updated_at": "2026-01-01T00:00:00Z"}
    assert dialogue.newer(later, there) == "target"
    assert dialogue.merged(later, None) == later | {"workspace": "*"}
    assert dialogue.newer(None, there) == "legacy"


def test_what_is_drawn_is_the_seeds_and_meets_in_sessions() -> None:
    first, again = (dialogue.requests(HOME, Random(3), 2, 60) for _ in range(2))
    assert first == again
    assert [len(one) for one in first] == [60, 60]
    texts = [json.dumps({k: v for k, v in request.items() if k != "id"}) for one in first for request in one]
    assert {request["do"] for one in first for request in one} == {
        "create_session", "update_session", "add_message", "get", "list", "search",
    }  # fmt: skip
    changes = [text for text in texts if "add_message" in text]
    assert len(set(changes)) < len(changes)
    both = ({request.get("session") for request in one if request["do"] == "update_session"} for one in first)
    assert set.intersection(*both)


@pytest.mark.parametrize(
    "reply", ["oops", 5, {"ok": True}, {"ok": True, "sessions": 3}, {"ok": True, "sessions": [7]}, {}]
)
def test_an_answer_of_any_other_form_is_no_answer(reply: Any) -> None:
    exchanges = [
        asked("list"),
        asked("get", session="one"),
        asked("add_message", session="one", message=MESSAGE),
        asked("reconcile"),
    ]
    for one in exchanges:
        odd = Exchange(0, 0.0, one.request, 1.0, reply)
        assert made(odd, state()) == [] if one.request["do"] != "reconcile" else not dialogue.drift(odd)
