"""A step of clients: what they are asked, what becomes of their answers, and what befalls one of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, cast

import msgspec
import pytest
from handwritten import PROFILE
from toy import TOY
from twofold import EMPTY_STORE, NOTES

from harness.case import run_step
from harness.history import Event, History, load, save
from harness.home import Home
from harness.interruption import kills_of
from harness.pack import BlobPack
from harness.sandbox.ended import Conversed, Line
from harness.sandbox.session import Session
from harness.scenario import Step
from harness.system import System
from harness.world import World

SHOP = msgspec.structs.replace(
    PROFILE, verbs={**PROFILE.verbs, "store": ["s", "{support}"], "reconcile": ["s"]}
)


class Shop:
    """The toy pack with a store."""

    DIALOGUE = NOTES

    def __getattr__(self, name: str) -> Any:
        return getattr(TOY, name)


PACK = cast("System", Shop())


@dataclass
class Talking:
    """A session whose clients answer `ok` to all, up to the blow; `statuses` are how they end."""

    statuses: tuple[int | None, ...] = (0,)
    answer: bytes = b'{"ok": true}'
    support: str = "/sup"
    supervises: bool = True
    home: Home = field(default_factory=lambda: EMPTY_STORE)
    asked: list[Any] = field(default_factory=list)
    blows: list[Any] = field(default_factory=list)

    def lay_out(self, home: Home) -> None:
        self.home = home

    def observe(self) -> Home:
        return self.home

    def converse(self, argv: Sequence[str], lines: Sequence[Sequence[str]], **how: Any) -> Conversed:
        self.asked.append((list(argv), [[json.loads(line) for line in one] for one in lines]))
        self.blows.append(how["blow"])
        said = tuple(
            tuple(self._said(c, n, how["blow"]) for n in range(len(one))) for c, one in enumerate(lines)
        )
        return Conversed(
            said, self.statuses, (b"grumble",), 0.5, how["blow"] is not None, ("/tmp/x",), ("stray",)
        )

    def _said(self, client: int, number: int, blow: Mapping[str, Any] | None) -> Line:
        hit = blow is not None and client == blow["client"] and number >= blow["request"]
        return Line(
            number + client / 10,
            None if hit else number + 0.5,
            hit and blow["cut"],
            b"" if hit else self.answer,
        )


def ran(session: Talking, **step: Any) -> Event:
    about = {"before": session.home, "random": Random(1)}
    return run_step(4, Step(**{"do": "store", **step}), PACK, SHOP, cast("Session", session), **about)[0]


def test_each_client_is_asked_what_the_pack_draws() -> None:
    session = Talking((0, 0))
    event = ran(session, clients=2, operations=3)
    assert session.asked == [(["s", "/sup"], [[{"id": n, "do": "read", "note": "a"} for n in range(3)]] * 2)]
    assert event.talk is not None
    assert [(one.client, one.sent) for one in event.talk.exchanges] == [
        (c, n + c / 10) for n in range(3) for c in (0, 1)
    ]
    assert all(one.reply == {"ok": True} for one in event.talk.exchanges)
    assert (event.step, event.do, event.outcome, event.status, event.stderr) == (
        4,
        "store",
        "done",
        0,
        "grumble",
    )
    assert (event.litter, event.strays, event.seconds) == (("/tmp/x",), ("stray",), 0.5)


def test_reconcile_asks_what_settles() -> None:
    session = Talking()
    ran(session, do="reconcile")
    assert session.asked == [(["s"], [[{"id": 0, "do": "compare"}]])]


def test_an_answer_that_is_no_json_is_kept_as_text() -> None:
    talk = ran(Talking(answer=b"oops \xff")).talk
    assert talk is not None
    assert talk.exchanges[0].reply == "oops \ufffd"


def test_a_kill_counts_and_the_others_ends_tell_the_outcome() -> None:
    session = Talking((0, -9))
    event = ran(session, clients=2, kill="random")
    assert event.talk is not None
    assert (event.talk.killed, event.talk.left_to_itself, event.outcome) == (True, True, "done")
    assert session.blows[0].keys() == {"client", "request", "share", "cut"}
    assert kills_of([event]).landed == 1
    alone = ran(Talking((-9,)), kill="random")
    assert alone.talk is not None
    assert (alone.talk.left_to_itself, alone.outcome) == (False, "unknown")


def test_a_cut_is_no_kill() -> None:
    event = ran(Talking((0,)), kill="cut")
    assert event.talk is not None
    assert (event.talk.killed, event.talk.landed, kills_of([event]).tried) == (False, True, 0)
    assert any(one.cut for one in event.talk.exchanges)
    assert not any(one.cut for one in event.talk.made())


@pytest.mark.parametrize(
    ("statuses", "outcome", "status", "signal"),
    [((0, 3), "refused", 0, None), ((0, -11), "unknown", 0, 11), ((None, 0), "unknown", 0, None)],
)
def test_one_bad_end_is_the_end_of_all(statuses: Any, outcome: str, status: int, signal: int | None) -> None:
    event = ran(Talking(statuses), clients=2)
    assert (event.outcome, event.status, event.signal) == (outcome, status, signal)
    assert event.timed_out is (None in statuses)


def test_a_talk_is_on_disk_with_its_history(tmp_path: Path) -> None:
    event = ran(Talking((0, -9)), clients=2, kill="random")
    blobs = BlobPack(tmp_path)
    save(History(event.before, (event,)), tmp_path / "case", blobs)
    assert load(tmp_path / "case", blobs).events[0].talk == event.talk


def test_in_a_story_clients_talk_and_settle() -> None:
    world = World(PACK, SHOP, cast("Session", Talking()), EMPTY_STORE, random=Random(2))
    assert [event and event.do for event in (world.store(operations=2), world.reconcile())] == [
        "store",
        "reconcile",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"do": "store", "clients": 5}, {"do": "store", "operations": 0}, {"do": "migrate", "clients": 2},
        {"do": "reconcile", "kill": "cut"}, {"do": "store", "error": "each"}, {"do": "migrate", "kill": "cut"},
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"store|clients"):
        Step(**wrong)
