"""Histories written by hand, of a toy system, on which claims are tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import msgspec
import twofold
from handwritten import PROFILE, event, evidence, fate, home, read_target, stored

from harness.claims import Finding
from harness.evidence import Evidence
from harness.expectation import Expectation, Fate, Note
from harness.history import Event, Kill
from harness.home import Home, digest_of
from harness.queries import WrongAnswer
from harness.sut import Outcome
from harness.talk import Exchange, Talk
from harness.verdict import ClaimResult, judge

A = {"text": "A", "rank": 1}
LETTER = Fate("letter", "letters/a", "a", "migrated")
SHORTENED = Note("letters/a", "a", "shortened")
ORACLE = {
    "one": Expectation(
        record_tables=frozenset({"notes"}),
        tables={"notes": {"a": A}},
        files={"moved/a": digest_of(b"dear")},
        writable=frozenset({"target.json", "moved/"}),
        returns=frozenset({"notes/"}),
        purgeable=frozenset({"notes/a.txt"}),
        fates=(fate("a"), LETTER),
        notes=frozenset({SHORTENED, Note("notes/a.txt", "a", "faded", sure=False)}),
    ),
    "filled": Expectation(tables={"notes": {"old": {"text": "old"}, "a": A}}, kept=frozenset({"notes"})),
    "one+locked": Expectation(refusals=frozenset({"target-locked"})),
    "torn": Expectation(
        record_tables=frozenset({"notes"}),
        tables={"notes": {"a": A}},
        writable=frozenset({"target.json", "moved/"}),
        fates=(fate("a"), fate("b", "set-aside", "torn")),
    ),
    "foreign": Expectation(refusals=frozenset({"target-unreadable", "target-newer"})),
}
LEGACY = home({"legacy": "one", "notes/a.txt": "A", "letters/a": "dear", "bystander": "keep"})
MIGRATED = LEGACY.with_file("target.json", stored({"notes": {"a": A}}).encode()).with_file("moved/a", b"dear")
TORN = home({"legacy": "torn", "notes/a.txt": "A", "notes/b.txt": ""})
LOCKED = frozenset({"locked"})
JOURNAL = ".local/state/m/journal"


def journalled(tree: Home, text: bytes = b"1", mode: int = 0o600) -> Home:
    return (
        tree.with_kind(".local/state", "dir", mode=0o755)
        .with_kind(".local/state/m", "dir", mode=0o700)
        .with_file(JOURNAL, text, mode=mode)
    )


def row(kind: str, source: str, name: str, outcome: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "source": source, "id": name, "outcome": outcome, **more}


ROWS = [row("note", "notes/a.txt", "a", "migrated"), row("letter", "letters/a", "a", "migrated")]
COUNTS = {"read": 2, "written": 2, "present": 0, "skipped": 0, "set_aside": 0}
NOTES = [{"source": "letters/a", "id": "a", "reason": "shortened", "detail": "by a line"}]
SELF = {"contract": 1, "system": "toy", "dry_run": False}
REPORT = SELF | {"outcome": "done", "changed": True, "records": ROWS, "counts": COUNTS, "notes": NOTES}
IDLE = SELF | {
    "outcome": "refused",
    "code": "target-locked",
    "changed": False,
    "records": [],
    "counts": dict.fromkeys(COUNTS, 0),
}


def said(**other: Any) -> Evidence:
    """A right migration that reports with these parts of its report replaced."""
    return shown(event(LEGACY, MIGRATED, report=REPORT | other))


def shown(*events: Event, **more: Any) -> Evidence:
    return evidence(*events, **{"oracle": ORACLE, **more})


class Questions:
    """Asks for the text of a note; a home is ready once it has a store."""

    @staticmethod
    def ready(asked: Home) -> bool:
        return asked.get("target.json") is not None

    @staticmethod
    def requests(_home: Home, _random: Random, operations: int) -> list[dict[str, str]]:
        return [{"of": "a"}] * operations

    @staticmethod
    def wrong(asked: Home, exchanges: Sequence[Exchange]) -> Iterator[WrongAnswer]:
        notes = read_target(asked)["notes"]
        for one in exchanges:
            text = notes[one.request["of"]]["text"]
            if one.reply != text:
                yield WrongAnswer(one.request["of"], text, one.reply)

    @staticmethod
    def slow(_home: Home, exchanges: Sequence[Exchange]) -> list[WrongAnswer] | None:
        late = [one for one in exchanges if one.until - one.sent > 1]
        found = [WrongAnswer(one.request["of"], "1 s", round(one.until - one.sent, 3)) for one in late]
        return found if exchanges else None


def asked(tree: Home, *exchanges: Exchange, outcome: Outcome = "done") -> Evidence:
    questions = event(tree, do="query", outcome=outcome, talk=Talk(exchanges, (0,)))
    return replace(shown(questions), queries=Questions())


def with_notes(tree: Home, **notes: Any) -> Home:
    return tree.with_file("target.json", stored({"notes": notes}).encode())


EARLIER = {"text": "old"}
FILLED = with_notes(home({"legacy": "filled"}), old=EARLIER)


RIGHT = event(LEGACY, MIGRATED, report=REPORT)
OVERTAKEN = replace(
    RIGHT,
    after=LEGACY,
    meanwhile="legacy-new-session",
    kill=Kill(0.0, landed=True, fault="legacy-new-session@3", operation="mkdir x", theirs=("notes/a.txt",)),
)
PAIRED = replace(
    RIGHT,
    outcome="refused",
    kill=Kill(0.0, landed=True, clean=MIGRATED, fault="another-run@3", operation="mkdir x", another="done"),
)
REFUSED = event(LEGACY, outcome="refused", conditions=frozenset({"locked"}), report=IDLE)
BACK = event(MIGRATED, LEGACY, do="rollback", report=IDLE | {"outcome": "done", "changed": True})
NO_SUCCESS = (shown(REFUSED), "no migrate step reported success")
DEAF = msgspec.structs.replace(PROFILE, reports=False)
RETURNS = msgspec.structs.replace(PROFILE, write_back=True)
COPIES = msgspec.structs.replace(PROFILE, backup="copies")
OLD = LEGACY.with_file("target.json", b"{}")
CHANGED = MIGRATED


def holding(tables: Any) -> Home:
    """The migrated home with another store."""
    return MIGRATED.with_file("target.json", stored(tables).encode())


# Half-way: the row is in, the letter lies beside its place under another name.
HALF = journalled(holding({"notes": {"a": A}}).without("moved/a")).with_file("moved/a.part", b"de")
DONE = journalled(MIGRATED, b"2")
KILLED = event(
    LEGACY, HALF, outcome="unknown", signal=9, kill=Kill(0.1, landed=True, clean=journalled(MIGRATED))
)
SETTLED = event(HALF, DONE)

NEWER = holding({"notes": {"a": A, "b": A}})
EDITED = holding({"notes": {"a": A | {"text": "mine"}}})


WRITE = twofold.said(0, 1, 2, "put", note="a", text="A")
UNHEARD = twofold.said(0, 1, None, "read", note="a")
COMPARED = twofold.said(0, 1, 2, "compare", reply={"apart": {}})
PUT = twofold.talked(twofold.kept({}), twofold.kept({"a": A}), WRITE)
APART = twofold.kept({"a": A}, {"a": {"text": "edited", "rank": 2}})


def result_of(claim: str, case: Evidence) -> ClaimResult:
    (result,) = judge(case, [claim]).results
    return result


def findings_of(claim: str, *events: Event, **more: Any) -> list[Finding]:
    result = result_of(claim, shown(*events, **more))
    assert result.note == ""
    return list(result.findings)
