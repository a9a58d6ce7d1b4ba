"""Every claim, on histories written by hand: one that shows it holds, one that shows it does not, one that is mute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import msgspec
import pytest
import twofold
from handwritten import BORN, PROFILE, event, evidence, fate, home, read_target, stored

from harness.claims import CLAIMS, Finding
from harness.claims.claim import always
from harness.evidence import Evidence
from harness.expectation import Expectation, Fate, Note
from harness.history import Event, Kill
from harness.home import Home, digest_of
from harness.queries import WrongAnswer
from harness.sut import Outcome, Verb
from harness.talk import Exchange, Talk
from harness.verdict import ClaimResult, Status, judge

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


@dataclass(frozen=True)
class Trio:
    """`told` is the first finding on `fails`: subject, expected, found, step; `mute` is None if always offered."""

    passes: Evidence
    fails: Evidence
    told: tuple[str, Any, Any, int]
    mute: tuple[Evidence, str] | None


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

TRIOS: dict[str, Trio] = {
    "reads-answer": Trio(
        passes=asked(MIGRATED, Exchange(0, 0.1, {"of": "a"}, 0.2, "A")),
        fails=asked(MIGRATED, Exchange(0, 0.1, {"of": "a"}, 0.2, "B")),
        told=("a", "A", "B", 0),
        mute=(asked(LEGACY, Exchange(0, 0.1, {"of": "a"}, 0.2, "A")), "no home was asked that can be"),
    ),
    "reads-in-time": Trio(
        passes=asked(MIGRATED, Exchange(0, 0.1, {"of": "a"}, 0.2, "A")),
        fails=asked(MIGRATED, Exchange(0, 0.1, {"of": "a"}, 9.2, "A")),
        told=("a", "1 s", 9.1, 0),
        mute=(asked(MIGRATED), "no home was asked for whose size there are limits"),
    ),
    "ends-as-expected": Trio(
        passes=shown(REFUSED, RIGHT, event(TORN, outcome="partial")),
        fails=shown(RIGHT, event(LEGACY, MIGRATED, conditions=frozenset({"locked"}))),
        told=("step 1: migrate", "refused", "done (exit status 0)", 1),
        mute=(shown(), "no step was run"),
    ),
    "no-loss": Trio(
        passes=shown(RIGHT),
        fails=shown(event(LEGACY, holding({"notes": {}}))),
        told=("notes a", A, "no such record", 0),
        mute=NO_SUCCESS,
    ),
    "no-invention": Trio(
        passes=shown(RIGHT),
        fails=shown(event(LEGACY, holding({"notes": {"a": A, "a2": A}}))),
        told=("notes a2", "no such record", A, 0),
        mute=NO_SUCCESS,
    ),
    "no-corruption": Trio(
        passes=shown(RIGHT),
        fails=shown(event(LEGACY, holding({"notes": {"a": {"text": "A", "rank": "1"}}}))),
        told=("notes a: rank", 1, "1", 0),
        mute=NO_SUCCESS,
    ),
    "only-adds": Trio(
        passes=shown(event(FILLED, with_notes(FILLED, old=EARLIER, a=A))),
        fails=shown(event(FILLED, with_notes(FILLED, old={"text": "mended"}, a=A))),
        told=("notes old", EARLIER, {"text": "mended"}, 0),
        mute=(shown(RIGHT), "the migration is none that must leave tables of its store alone"),
    ),
    "store-sound": Trio(
        passes=shown(event(home({"legacy": "one", "problems": "old\n"}), home({"problems": "old\n"}))),
        fails=shown(
            event(
                home({"problems": "old\n"}),
                home({"problems": "old\na row without its parent\n"}),
                do="rollback",
            )
        ),
        told=("a row without its parent", "a sound store, as before the step", "a row without its parent", 0),
        mute=(shown(), "no step was run"),
    ),
    "no-stranding": Trio(
        passes=shown(RIGHT),
        fails=shown(event(LEGACY, MIGRATED.without("moved/a"))),
        told=("moved/a", f"the file with content {digest_of(b'dear')[:12]}", "no such file", 0),
        mute=NO_SUCCESS,
    ),
    "nothing-else-changes": Trio(
        passes=shown(event(LEGACY, journalled(MIGRATED))),
        fails=shown(event(LEGACY, MIGRATED.with_file("bystander", b"kept"))),
        told=(
            "bystander",
            f"file of 4 bytes, content {digest_of(b'keep')[:12]}, mode 0644",
            f"file of 4 bytes, content {digest_of(b'kept')[:12]}, mode 0644: changed in content",
            0,
        ),
        mute=(shown(), "no step was run"),
    ),
    "dry-run-is-clean": Trio(
        passes=shown(event(LEGACY, do="dry_run"), RIGHT),
        fails=shown(RIGHT, event(MIGRATED, journalled(MIGRATED), do="dry_run")),
        told=(".local", "no such path", "dir, mode 0755: dir appeared", 1),
        mute=(shown(RIGHT), "the scenario has no dry_run step"),
    ),
    "reading-is-clean": Trio(
        passes=shown(RIGHT, event(MIGRATED, do="verify")),
        fails=shown(event(LEGACY, LEGACY.with_file("bystander", b"keep", mtime_ns=BORN + 1), do="inspect")),
        told=(
            "bystander",
            f"file of 4 bytes, content {digest_of(b'keep')[:12]}, mode 0644",
            f"file of 4 bytes, content {digest_of(b'keep')[:12]}, mode 0644: changed in mtime_ns",
            0,
        ),
        mute=(shown(RIGHT, event(MIGRATED, do="dry_run")), "the scenario has no step that only looks"),
    ),
    "refusal-is-clean": Trio(
        passes=shown(REFUSED),
        fails=shown(
            RIGHT, event(MIGRATED, MIGRATED.with_kind("lock", "fifo"), outcome="refused", do="rollback")
        ),
        told=("lock", "no such path", "fifo, mode 0600: fifo appeared", 1),
        mute=(shown(RIGHT), "no step was refused"),
    ),
    "rerun-is-noop": Trio(
        passes=shown(RIGHT, event(MIGRATED, do="verify"), event(MIGRATED)),
        fails=shown(RIGHT, event(MIGRATED, MIGRATED.with_mode("moved/a", 0o600))),
        told=(
            "moved/a",
            f"file of 4 bytes, content {digest_of(b'dear')[:12]}, mode 0644",
            f"file of 4 bytes, content {digest_of(b'dear')[:12]}, mode 0600: changed in mode",
            1,
        ),
        mute=(shown(RIGHT, BACK, RIGHT), "no migration follows a successful one"),
    ),
    "home-restored": Trio(
        passes=shown(
            event(LEGACY, journalled(MIGRATED)),
            event(journalled(MIGRATED), journalled(LEGACY), do="rollback"),
        ),
        fails=shown(RIGHT, event(MIGRATED, LEGACY.with_link("bystander", "legacy"), do="rollback")),
        told=(
            "bystander",
            f"file of 4 bytes, content {digest_of(b'keep')[:12]}, mode 0644",
            "link to legacy, mode 0777: changed in kind, mode, size, content, target",
            1,
        ),
        mute=(shown(RIGHT), "the scenario has no rollback step"),
    ),
    "kept-private": Trio(
        passes=shown(event(LEGACY, journalled(MIGRATED))),
        fails=shown(event(LEGACY, journalled(MIGRATED, mode=0o640))),
        told=(
            JOURNAL,
            "no more than mode 0000 for group and others",
            "file, mode 0640",
            0,
        ),
        mute=(shown(), "no step was run"),
    ),
    "backup-first": Trio(
        passes=shown(event(OLD, journalled(CHANGED, b"{}")), profile=COPIES),
        fails=shown(event(OLD, journalled(CHANGED, b"{ }")), profile=COPIES),
        told=(
            "target.json",
            f"a copy with content {digest_of(b'{}')[:12]} below .local/state/m",
            "no such copy",
            0,
        ),
        mute=(shown(RIGHT), "the profile does not say that the migrator keeps copies of what it changes"),
    ),
    "rollback-keeps-new-work": Trio(
        passes=shown(RIGHT, event(NEWER, NEWER, do="rollback", outcome="refused")),
        fails=shown(RIGHT, event(NEWER, LEGACY, do="rollback")),
        told=("notes b", A, "no such record", 1),
        mute=(shown(RIGHT), "the scenario has no rollback step"),
    ),
    "rollback-takes-back": Trio(
        passes=shown(
            RIGHT,
            event(NEWER, OLD.with_file("target.json", stored({"notes": {"b": A}}).encode()), do="rollback"),
        ),
        fails=shown(RIGHT, event(NEWER, NEWER.without("moved"), do="rollback")),
        told=("notes a", "no such record", A, 1),
        mute=(
            shown(RIGHT, BACK),
            "no rollback was done after others' work, or with nothing to take back",
        ),
    ),
    "rollback-writes-back": Trio(
        passes=shown(
            RIGHT, event(NEWER, LEGACY.with_file("notes/b.txt", b"A"), do="rollback"), profile=RETURNS
        ),
        fails=shown(RIGHT, event(NEWER, LEGACY, do="rollback"), profile=RETURNS),
        told=("notes/b.txt", "a file", "no such file", 1),
        mute=(shown(RIGHT, BACK), "the profile does not say that a rollback writes back"),
    ),
    "retention-kept": Trio(
        passes=shown(RIGHT, event(MIGRATED, do="prune")),
        fails=shown(RIGHT, event(journalled(MIGRATED), journalled(MIGRATED).without(JOURNAL), do="prune")),
        told=(JOURNAL, "untouched: no backup is old enough", "file vanished", 1),
        mute=(shown(RIGHT), "the scenario has no prune step"),
    ),
    "purge-spares": Trio(
        passes=shown(
            RIGHT, event(MIGRATED, journalled(MIGRATED.without("notes/a.txt"), b"A"), do="purge_now")
        ),
        fails=shown(RIGHT, event(MIGRATED, MIGRATED.without("notes/a.txt"), do="purge_now")),
        told=("notes/a.txt", "kept, byte for byte", "neither there nor kept", 1),
        mute=(shown(RIGHT), "the scenario has no purge step"),
    ),
    "leaves-no-litter": Trio(
        passes=shown(event(LEGACY, outcome="unknown", signal=9, litter=("/tmp/copy.db",))),
        fails=shown(event(LEGACY, do="dry_run", litter=("/tmp/copy.db",))),
        told=("/tmp/copy.db", "no such path", "left behind", 0),
        mute=(shown(), "no step was run"),
    ),
    "leaves-no-process": Trio(
        passes=shown(RIGHT, event(MIGRATED, do="verify")),
        fails=shown(RIGHT, event(MIGRATED, do="verify", strays=("git",))),
        told=("git", "no process", "still alive", 1),
        mute=(shown(), "no step was run"),
    ),
    "same-as-clean-run": Trio(
        passes=shown(KILLED, SETTLED),
        fails=shown(KILLED, event(HALF, DONE.with_file("moved/a.part", b"de"))),
        told=("moved/a.part", "as after one clean run", "file appeared", 1),
        mute=(shown(RIGHT, event(MIGRATED)), "no step was killed"),
    ),
    "others-writes-told": Trio(
        passes=shown(replace(OVERTAKEN, report=REPORT | {"notes": [{"source": "notes/a.txt"}]})),
        fails=shown(OVERTAKEN),
        told=(
            "moved/a",
            f"the file with content {digest_of(b'dear')[:12]}",
            "it is not there, and no note",
            0,
        ),
        mute=(shown(RIGHT), "nobody wrote during a migration that succeeded"),
    ),
    "one-run-at-a-time": Trio(
        passes=shown(PAIRED),
        fails=shown(replace(PAIRED, after=holding({"notes": {"a": A | {"text": "twice"}}}))),
        told=("notes a: text", "A", "twice", 0),
        mute=(shown(RIGHT), "no two runs were at work at once"),
    ),
    "dry-run-tells-the-truth": Trio(
        passes=shown(event(LEGACY, do="dry_run", report=REPORT | {"changed": False}), RIGHT),
        fails=shown(event(LEGACY, do="dry_run", report=REPORT | {"records": ROWS[:1]}), RIGHT),
        told=("records letter letters/a a migrated ", "1 times", "0 times", 0),
        mute=(
            shown(event(LEGACY, do="dry_run"), REFUSED),
            "no migration follows a dry run of the same home",
        ),
    ),
    "acknowledged-is-kept": Trio(
        passes=twofold.shown(PUT),
        fails=twofold.shown(twofold.talked(twofold.kept({}), twofold.kept({}), WRITE)),
        told=("a in the target", {"text": "A", "rank": 1}, None, 0),
        mute=(shown(RIGHT), "no client has talked to a store"),
    ),
    "answers-hold": Trio(
        passes=twofold.shown(PUT),
        fails=twofold.shown(twofold.talked(twofold.kept({}), twofold.kept({}), UNHEARD)),
        told=("client 0", "an answer", UNHEARD.told(), 0),
        mute=(shown(RIGHT), "no client has talked to a store"),
    ),
    "sides-agree": Trio(
        passes=twofold.shown(PUT),
        fails=twofold.shown(twofold.talked(twofold.kept({}), twofold.kept({"a": A}, {}), WRITE)),
        told=("a", A, None, 0),
        mute=(shown(RIGHT), "no client has talked to a store"),
    ),
    "untouched-stay": Trio(
        passes=twofold.shown(PUT),
        fails=twofold.shown(twofold.talked(twofold.kept({}), twofold.kept({"a": A, "b": A}), WRITE)),
        told=("b in the target", None, A, 0),
        mute=(shown(RIGHT), "no client has talked to a store"),
    ),
    "drift-told": Trio(
        passes=twofold.shown(twofold.talked(twofold.kept({"a": A}), twofold.kept({"a": A}), COMPARED)),
        fails=twofold.shown(twofold.talked(APART, APART, COMPARED)),
        told=("a", "a difference, the legacy counts", "no difference", 0),
        mute=(twofold.shown(PUT), "nobody asked for differences"),
    ),
    "verify-notices": Trio(
        passes=shown(RIGHT, event(EDITED, do="verify", outcome="attention")),
        fails=shown(RIGHT, event(EDITED, do="verify", meanwhile="tampering")),
        told=("step 1: verify after tampering", "differences, told: notes a", "done (exit status 0)", 1),
        mute=(shown(RIGHT, event(MIGRATED, do="verify")), "nothing was altered before a verify step"),
    ),
    "accounted-for": Trio(
        passes=said(records=[ROWS[1], ROWS[0]]),
        fails=said(records=[ROWS[1]]),
        told=("note a (notes/a.txt)", "migrated", "not named in the report", 0),
        mute=(shown(RIGHT, profile=DEAF), "the profile does not say that the migrator reports"),
    ),
    "losses-told": Trio(
        passes=said(notes=[*NOTES, *NOTES]),
        fails=said(notes=[]),
        told=("note on a (letters/a)", "shortened", "no such note", 0),
        mute=(shown(event(TORN)), "there is nothing of which notes could be due"),
    ),
    "report-is-honest": Trio(
        passes=shown(REFUSED, RIGHT),
        fails=said(counts=COUNTS | {"written": 3}),
        told=("counts.written", 2, 3, 0),
        mute=(
            shown(event(LEGACY, outcome="unknown", signal=9)),
            "no step came to an end that can be reported",
        ),
    ),
}


def result_of(claim: str, case: Evidence) -> ClaimResult:
    (result,) = judge(case, [claim]).results
    return result


def findings_of(claim: str, *events: Event, **more: Any) -> list[Finding]:
    result = result_of(claim, shown(*events, **more))
    assert result.note == ""
    return list(result.findings)


def test_every_claim_has_its_three_histories_here() -> None:
    assert list(TRIOS.keys() ^ CLAIMS.keys()) == []


@pytest.mark.parametrize("name", CLAIMS)
def test_it_passes_where_it_holds(name: str) -> None:
    assert result_of(name, TRIOS[name].passes) == ClaimResult(name, Status.PASS)


@pytest.mark.parametrize("name", CLAIMS)
def test_it_fails_where_it_does_not_hold_and_says_where_and_what(name: str) -> None:
    result = result_of(name, TRIOS[name].fails)
    assert (result.status, result.note) == (Status.FAIL, "")
    subject, expected, found, step = TRIOS[name].told
    assert result.findings[0] == Finding(name, subject, expected, found, step)


@pytest.mark.parametrize("name", CLAIMS)
def test_it_is_not_offered_where_nothing_can_show_it(name: str) -> None:
    mute = TRIOS[name].mute
    assert mute is not None
    assert result_of(name, mute[0]) == ClaimResult(name, Status.NOT_OFFERED, note=mute[1])


@pytest.mark.parametrize("name", CLAIMS)
def test_its_sentence_is_one(name: str) -> None:
    sentence = CLAIMS[name].sentence
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("name", CLAIMS)
def test_a_right_migration_of_every_kind_fails_no_claim(name: str) -> None:
    right = shown(
        event(LEGACY, do="inspect"),
        event(LEGACY, do="dry_run", report=REPORT | {"changed": False, "dry_run": True}),
        REFUSED,
        RIGHT,
        event(MIGRATED, do="verify"),
        BACK,
    )
    assert result_of(name, right).status in {Status.PASS, Status.NOT_OFFERED}


def test_without_a_step_no_claim_is_offered() -> None:
    verdict = judge(shown())
    assert {result.status for result in verdict.results} == {Status.NOT_OFFERED}
    assert verdict.status is Status.UNKNOWN
    assert CLAIMS["store-sound"].offered is always


# -- ends-as-expected ----------------------------------------------------------------------------------------------
LOCKED = frozenset({"locked"})
ENDS: list[tuple[Verb, str, frozenset[str], set[Outcome]]] = [
    ("migrate", "one", frozenset(), {"done"}),
    ("migrate", "torn", frozenset(), {"partial"}),
    ("migrate", "one", LOCKED, {"refused"}),
    ("migrate", "foreign", frozenset(), {"refused"}),
    ("dry_run", "torn", frozenset(), {"partial"}),
    ("dry_run", "foreign", frozenset(), {"refused"}),
    ("inspect", "one", frozenset(), {"done", "partial"}),
    ("inspect", "foreign", frozenset(), {"done", "partial", "refused"}),
    ("plan", "torn", frozenset(), {"done", "partial"}),
    ("plan", "foreign", frozenset(), {"done", "partial", "refused"}),
    ("verify", "one", frozenset(), {"done"}),
    ("status", "foreign", frozenset(), {"done"}),
    ("rollback", "one", frozenset(), {"done"}),
    ("rollback", "one", LOCKED, {"done", "refused"}),
    ("verify", "one", LOCKED, {"done"}),
    ("prune", "one", frozenset(), {"done"}),
    ("prune_now", "foreign", frozenset(), {"done"}),
]
OUTCOMES: tuple[Outcome, ...] = ("done", "refused", "partial", "failed", "attention", "unknown")


@pytest.mark.parametrize(("do", "legacy", "conditions", "right"), ENDS)
def test_each_verb_ends_one_way_on_each_kind_of_home(
    do: Verb, legacy: str, conditions: frozenset[str], right: set[Outcome]
) -> None:
    tree = home({"legacy": legacy})
    accepted = {
        outcome
        for outcome in OUTCOMES
        if not findings_of("ends-as-expected", event(tree, do=do, outcome=outcome, conditions=conditions))
    }
    assert accepted == right


def test_a_migrator_that_has_no_word_for_partly_done_may_say_done() -> None:
    terse = msgspec.structs.replace(PROFILE, exit={"done": [0], "refused": [3]})
    assert findings_of("ends-as-expected", event(TORN), profile=terse) == []
    (found,) = findings_of("ends-as-expected", event(TORN, outcome="refused"), profile=terse)
    assert found.expected == "done"


def test_a_step_without_an_end_leaves_the_question_open() -> None:
    endless = event(LEGACY, outcome="unknown", timed_out=True, seconds=60.0)
    result = result_of("ends-as-expected", shown(RIGHT, endless))
    assert (result.status, result.note) == (Status.UNKNOWN, "step 1 (migrate) had no end within 60 s")


def test_a_wrong_end_before_a_step_without_one_still_counts() -> None:
    endless = event(LEGACY, outcome="unknown", timed_out=True, seconds=60.0)
    result = result_of("ends-as-expected", shown(event(LEGACY, outcome="failed"), endless))
    assert result.status is Status.FAIL
    assert result.findings[0].found == "failed (exit status 5)"


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("done", "refused", []),
        ("done", "done", []),
        ("failed", "done", ["the first run"]),
        ("done", "unknown", ["the second run"]),
        ("refused", "refused", ["both runs"]),
    ],
)
def test_of_two_runs_at_once_one_succeeds_and_the_other_does_or_refuses(
    first: Outcome, second: Outcome, told: list[str]
) -> None:
    assert PAIRED.kill is not None
    paired = replace(PAIRED, outcome=first, kill=replace(PAIRED.kill, another=second))
    assert [finding.subject for finding in findings_of("one-run-at-a-time", paired)] == told


def test_a_death_by_signal_is_told_as_such() -> None:
    (found,) = findings_of("ends-as-expected", event(LEGACY, outcome="unknown", signal=11))
    assert found.found == "killed by signal 11"


# -- the store -----------------------------------------------------------------------------------------------------
def test_rows_that_stood_there_before_a_failed_step_must_stand_there_after_it() -> None:
    broken = event(MIGRATED, holding({"notes": {}}), outcome="failed")
    (found,) = findings_of("no-loss", RIGHT, broken)
    assert (found.subject, found.expected, found.step) == ("notes a", A, 1)


def test_rows_lost_by_a_migration_that_failed_are_lost_though_none_succeeded() -> None:
    lost = event(MIGRATED, holding({"notes": {}}), outcome="failed")
    assert [found.subject for found in findings_of("no-loss", lost)] == ["notes a"]
    assert result_of("no-loss", shown(event(LEGACY, outcome="failed"))).status is Status.NOT_OFFERED


def test_rows_that_a_rollback_takes_away_are_no_loss() -> None:
    assert findings_of("no-loss", RIGHT, BACK) == []
    assert findings_of("no-loss", RIGHT, event(MIGRATED, LEGACY, do="rollback", outcome="attention")) == []


def test_a_store_that_was_unreadable_has_nothing_to_lose() -> None:
    rubbish = MIGRATED.with_file("target.json", b"{")
    assert findings_of("no-loss", RIGHT, event(rubbish, MIGRATED, outcome="failed")) == []
    assert findings_of("store-sound", event(rubbish, rubbish, outcome="refused")) == []


def test_a_step_that_makes_the_store_unreadable_makes_it_unsound_and_leaves_its_rows_unknown() -> None:
    spoilt = MIGRATED.with_file("target.json", b"{")
    (found,) = findings_of("store-sound", event(LEGACY, spoilt))
    assert found.subject.startswith("target.json: ")
    for claim in ("no-loss", "no-invention", "no-corruption"):
        result = result_of(claim, shown(event(LEGACY, spoilt)))
        assert result.status is Status.UNKNOWN
        assert "target.json" in result.note


def test_a_table_that_nobody_expects_is_invented_and_one_that_is_gone_is_lost() -> None:
    moved = event(LEGACY, holding({"remarks": {"a": A}}))
    assert [found.subject for found in findings_of("no-loss", moved)] == ["notes a"]
    assert [found.subject for found in findings_of("no-invention", moved)] == ["remarks a"]
    assert findings_of("no-corruption", moved) == []


def test_what_a_success_over_a_home_to_refuse_holds_is_not_compared() -> None:
    forced = event(home({"legacy": "foreign"}), holding({"notes": {"a": A}}).with_file("legacy", b"foreign"))
    for claim in ("no-loss", "no-invention", "no-corruption"):
        assert findings_of(claim, forced) == []
    assert findings_of("ends-as-expected", forced)


# -- the files -----------------------------------------------------------------------------------------------------
def test_a_file_at_its_new_place_with_other_content_is_stranded() -> None:
    (found,) = findings_of("no-stranding", event(LEGACY, MIGRATED.with_file("moved/a", b"de")))
    assert found.found == "other content (2 bytes)"


def test_a_failed_migration_strands_nothing_yet() -> None:
    assert findings_of("no-stranding", RIGHT, event(LEGACY, outcome="failed")) == []


def test_a_path_beside_a_writable_one_is_not_writable() -> None:
    beside = MIGRATED.with_file("moved2", b"").with_file("target.json-wal", b"")
    assert [f.subject for f in findings_of("nothing-else-changes", event(LEGACY, beside))] == [
        "moved2",
        "target.json-wal",
    ]


def test_a_directory_that_may_be_made_does_not_open_what_lies_in_it() -> None:
    beside = MIGRATED.with_file("moved/stray", b"")
    named = ORACLE["one"].writable - {"moved/"} | {"moved", "moved/a"}
    narrow = {"one": replace(ORACLE["one"], writable=named)}
    result = judge(evidence(event(LEGACY, beside), oracle=narrow), ["nothing-else-changes"])
    assert [found.subject for found in result.findings] == ["moved/stray"]


def test_the_time_of_a_directory_may_move_and_its_mode_may_not() -> None:
    def after(mode: int) -> Home:
        notes = msgspec.structs.replace(LEGACY.entries["notes"], mtime_ns=BORN + 1, mode=mode)
        return LEGACY.with_entry("notes", notes)

    assert findings_of("nothing-else-changes", event(LEGACY, after(0o755))) == []
    (found,) = findings_of("nothing-else-changes", event(LEGACY, after(0o700)))
    assert found.subject == "notes"


def test_the_time_of_a_legacy_file_may_not_move() -> None:
    touched = MIGRATED.with_file("notes/a.txt", b"A", mtime_ns=BORN + 1)
    (found,) = findings_of("nothing-else-changes", event(LEGACY, touched))
    assert found.subject == "notes/a.txt"


def test_a_verb_that_only_looks_may_not_even_write_the_target() -> None:
    for do in ("inspect", "plan", "dry_run", "verify", "status"):
        told = findings_of("nothing-else-changes", event(LEGACY, MIGRATED, do=do))
        assert [found.subject for found in told] == ["moved", "moved/a", "target.json"]


def test_a_rollback_may_touch_what_the_migration_might_write_and_no_more() -> None:
    assert findings_of("nothing-else-changes", RIGHT, BACK) == []
    greedy = event(MIGRATED, LEGACY.without("bystander"), do="rollback")
    (found,) = findings_of("nothing-else-changes", RIGHT, greedy)
    assert (found.subject, found.found, found.step) == ("bystander", "no such path", 1)


def test_the_migrators_own_paths_are_open_to_it_and_their_neighbours_are_not() -> None:
    own = journalled(MIGRATED)
    assert findings_of("nothing-else-changes", event(LEGACY, own)) == []
    stray = own.with_file(".local/state/other", b"").with_file(".local/state/m2", b"")
    told = findings_of("nothing-else-changes", event(LEGACY, stray))
    assert [found.subject for found in told] == [".local/state/m2", ".local/state/other"]


def test_a_directory_on_the_way_to_the_migrators_own_may_be_made_and_not_changed() -> None:
    before = LEGACY.with_kind(".local", "dir", mode=0o755)
    wide = journalled(MIGRATED).with_mode(".local", 0o777)
    assert [found.subject for found in findings_of("nothing-else-changes", event(before, wide))] == [".local"]
    assert findings_of("nothing-else-changes", event(before, wide.with_mode(".local", 0o755))) == []


def test_a_journal_may_grow_over_several_migrations_and_rollbacks() -> None:
    done, back = journalled(MIGRATED), journalled(LEGACY, b"12")
    again, home_again = journalled(MIGRATED, b"123"), journalled(LEGACY, b"1234")
    steps = [
        event(LEGACY, done),
        event(done, back, do="rollback"),
        event(back, again),
        event(again, home_again, do="rollback"),
    ]
    assert findings_of("home-restored", *steps) == []


def test_a_second_run_after_a_rollback_or_a_failure_is_no_rerun() -> None:
    for between in (BACK, event(LEGACY, outcome="failed")):
        assert result_of("rerun-is-noop", shown(RIGHT, between, RIGHT)).status is not Status.FAIL
    assert (
        result_of("rerun-is-noop", shown(event(LEGACY, outcome="failed"), RIGHT)).status is Status.NOT_OFFERED
    )


def test_each_further_run_must_be_idle_also_with_other_verbs_between() -> None:
    late = MIGRATED.with_file("moved/a", b"dear", mtime_ns=BORN + 5)
    looks = [event(MIGRATED, do=do) for do in ("status", "dry_run", "plan", "inspect", "verify")]
    told = findings_of("rerun-is-noop", RIGHT, event(MIGRATED), *looks, event(MIGRATED, late))
    assert [(found.subject, found.step) for found in told] == [("moved/a", 7)]


def test_a_rollback_is_measured_by_the_home_before_the_first_run() -> None:
    half = LEGACY.with_file("moved/a", b"dear")
    told = findings_of(
        "home-restored",
        event(LEGACY, half, outcome="failed"),
        event(half, MIGRATED),
        event(MIGRATED, half, do="rollback"),
    )
    assert [(found.subject, found.step) for found in told] == [("moved", 2), ("moved/a", 2)]


def test_a_rollback_need_not_give_times_back() -> None:
    later = LEGACY.with_file("bystander", b"keep", mtime_ns=BORN + 1)
    assert findings_of("home-restored", RIGHT, event(MIGRATED, later, do="rollback")) == []


def test_a_refused_rollback_restores_nothing_and_the_next_one_must() -> None:
    refused = event(MIGRATED, do="rollback", outcome="refused")
    assert findings_of("home-restored", RIGHT, refused, BACK) == []
    assert result_of("home-restored", shown(RIGHT, refused)).status is Status.NOT_OFFERED
    told = findings_of("home-restored", RIGHT, refused, event(MIGRATED, do="rollback"))
    assert [found.subject for found in told] == ["moved", "moved/a", "target.json"]


@pytest.mark.parametrize(
    "steps",
    [
        (event(MIGRATED, do="rollback"),),
        (event(MIGRATED, do="rollback"), RIGHT),
        (RIGHT, event(MIGRATED, do="rollback", outcome="partial")),
        (RIGHT, event(MIGRATED, do="rollback", outcome="failed")),
    ],
)
def test_without_a_rollback_of_a_migration_that_was_done_nothing_is_said_of_it(
    steps: tuple[Event, ...],
) -> None:
    assert result_of("home-restored", shown(*steps)).status is Status.NOT_OFFERED


def test_after_migrating_again_a_rollback_is_measured_anew() -> None:
    other = LEGACY.with_file("bystander", b"grown")
    assert (
        findings_of(
            "home-restored",
            RIGHT,
            BACK,
            event(other, MIGRATED.with_file("bystander", b"grown")),
            event(MIGRATED.with_file("bystander", b"grown"), other, do="rollback"),
        )
        == []
    )


def test_a_backup_folder_that_others_may_enter_is_not_private() -> None:
    open_folder = journalled(MIGRATED).with_mode(".local/state/m", 0o755)
    assert [found.subject for found in findings_of("kept-private", event(LEGACY, open_folder))] == [
        ".local/state/m"
    ]


def test_a_copy_is_no_more_open_than_its_source_nor_a_path_than_it_was() -> None:
    private = LEGACY.with_mode("letters/a", 0o600)
    assert [
        f.subject for f in findings_of("kept-private", event(private, MIGRATED.with_mode("letters/a", 0o600)))
    ] == ["moved/a"]
    assert (
        findings_of("kept-private", event(private, private.with_file("moved/a", b"dear", mode=0o600))) == []
    )
    opened = event(LEGACY, LEGACY.with_mode("bystander", 0o666))
    assert [f.expected for f in findings_of("kept-private", opened)] == [
        "no more than mode 0044 for group and others"
    ]
    shared = event(LEGACY, LEGACY.with_kind("new", "dir", mode=0o777))
    assert [f.found for f in findings_of("kept-private", shared)] == ["dir, mode 0777"]


def test_a_rollback_may_bring_back_what_was_open_before_the_migration() -> None:
    moved = journalled(LEGACY.without("letters/a")).with_file(".local/state/m/a", b"dear", mode=0o600)
    back = moved.with_file("letters/a", b"dear", mode=0o644)
    there_and_back = (event(LEGACY, moved), event(moved, back, do="rollback"))
    assert findings_of("kept-private", *there_and_back) == []
    wider = event(moved, back.with_mode("letters/a", 0o666), do="rollback")
    assert [found.subject for found in findings_of("kept-private", there_and_back[0], wider)] == ["letters/a"]


def test_a_rollback_may_open_again_what_the_migration_closed_and_not_what_others_closed() -> None:
    there = event(LEGACY, journalled(LEGACY).with_mode("letters/a", 0o600))
    closed = there.after
    assert findings_of("kept-private", there, event(closed, LEGACY, do="rollback")) == []
    wider = event(closed, LEGACY.with_mode("letters/a", 0o666), do="rollback")
    assert [found.subject for found in findings_of("kept-private", there, wider)] == ["letters/a"]
    open_still = event(LEGACY, journalled(LEGACY))
    by_others = event(open_still.after.with_mode("letters/a", 0o600), LEGACY, do="rollback")
    assert [found.subject for found in findings_of("kept-private", open_still, by_others)] == ["letters/a"]


def test_a_rollback_may_bring_back_the_defects_from_before_the_migration_and_no_others() -> None:
    unfinished, whole = LEGACY.with_file("problems", b"no index\n"), journalled(LEGACY)
    there = event(unfinished, whole)
    assert findings_of("store-sound", there, event(whole, unfinished, do="rollback")) == []
    worse = event(whole, unfinished.with_file("problems", b"no index\nno table\n"), do="rollback")
    assert [found.subject for found in findings_of("store-sound", there, worse)] == ["no table"]


# -- the way back and what is left over --------------------------------------------------------------------------
def test_what_a_migration_removes_must_be_kept_too() -> None:
    gone = event(OLD, LEGACY)
    assert [f.subject for f in findings_of("backup-first", gone, profile=COPIES)] == ["target.json"]
    assert result_of("backup-first", shown(event(OLD), profile=COPIES)).status is Status.NOT_OFFERED


def test_a_changed_record_is_new_work_too() -> None:
    edited = holding({"notes": {"a": {"text": "mine", "rank": 1}}})
    (found,) = findings_of("rollback-keeps-new-work", RIGHT, event(edited, LEGACY, do="rollback"))
    assert (found.subject, found.found) == ("notes a", "no such record")
    assert findings_of("rollback-keeps-new-work", RIGHT, BACK, event(LEGACY, do="rollback")) == []


def test_a_run_that_was_killed_shows_nothing_about_the_dry_run_before_it() -> None:
    dry = event(LEGACY, do="dry_run", outcome="done", report=IDLE)
    killed = event(LEGACY, outcome="unknown", kill=Kill(0.1, landed=True))
    assert result_of("dry-run-tells-the-truth", shown(dry, killed)).status is Status.NOT_OFFERED


def test_a_dry_run_that_ends_otherwise_or_keeps_silent_is_told() -> None:
    dry = event(LEGACY, do="dry_run", outcome="partial")
    assert [f.subject for f in findings_of("dry-run-tells-the-truth", dry, RIGHT)] == ["outcome"]
    coded = event(LEGACY, do="dry_run", outcome="refused", conditions=LOCKED, report=IDLE | {"code": "other"})
    assert [f.found for f in findings_of("dry-run-tells-the-truth", coded, REFUSED)] == ["other"]
    notes = REPORT | {"notes": [*NOTES, {"source": "notes/a.txt", "id": "a", "reason": "guessed"}]}
    silent = event(LEGACY, do="dry_run", report=REPORT)
    told = findings_of("dry-run-tells-the-truth", silent, event(LEGACY, MIGRATED, report=notes))
    assert [f.subject for f in told] == ["notes notes/a.txt a guessed"]


# -- the report ----------------------------------------------------------------------------------------------------
def accounts(**other: Any) -> list[tuple[str, Any, Any]]:
    return [(f.subject, f.expected, f.found) for f in result_of("accounted-for", said(**other)).findings]


def honesty(**other: Any) -> list[tuple[str, Any, Any]]:
    return [(f.subject, f.expected, f.found) for f in result_of("report-is-honest", said(**other)).findings]


def test_a_record_with_another_fate_or_reason_is_told() -> None:
    other = row("letter", "letters/a", "a", "skipped", reason="target-exists")
    assert accounts(records=[ROWS[0], other]) == [
        ("letter a (letters/a)", "migrated", "skipped: target-exists")
    ]


def test_a_record_that_is_named_twice_is_told() -> None:
    assert accounts(records=[*ROWS, ROWS[0]]) == [("note a (notes/a.txt)", "named once", "named 2 times")]


def test_a_record_that_does_not_exist_is_told() -> None:
    ghost = row("note", "notes/z.txt", "z", "migrated")
    assert accounts(records=[*ROWS, ghost]) == [("note z (notes/z.txt)", "no such legacy record", "migrated")]


@pytest.mark.parametrize("report", [None, "not JSON at all", ["a", "list"], 7])
def test_without_an_object_for_a_report_no_record_is_accounted_for(report: Any) -> None:
    silent = shown(event(LEGACY, MIGRATED, report=report))
    assert [f.found for f in result_of("accounted-for", silent).findings] == ["not named in the report"] * 2
    (found,) = result_of("report-is-honest", silent).findings
    assert found.expected == "a JSON object at $MIGRATION_REPORT"
    assert found.found == ("no report" if report is None else "text that is not a JSON object")


def test_a_refusal_accounts_for_no_record() -> None:
    assert findings_of("accounted-for", REFUSED) == []


def test_a_dry_run_accounts_for_every_record_as_well() -> None:
    dry = event(LEGACY, do="dry_run", report=REPORT | {"changed": False, "records": ROWS[:1]})
    assert [found.subject for found in findings_of("accounted-for", dry)] == ["letter a (letters/a)"]


def losses(**other: Any) -> list[tuple[str, Any, Any]]:
    return [(f.subject, f.expected, f.found) for f in result_of("losses-told", said(**other)).findings]


def test_a_note_of_a_loss_that_there_was_not_is_told() -> None:
    ghost = {"source": "notes/a.txt", "id": "a", "reason": "torn", "detail": "badly"}
    assert losses(notes=[*NOTES, ghost]) == [("note on a (notes/a.txt)", "no such note", "torn")]


def test_a_note_of_which_the_home_does_not_show_whether_it_is_due_may_be_there_or_not() -> None:
    assert losses(notes=[*NOTES, {"source": "notes/a.txt", "id": "a", "reason": "faded"}]) == losses() == []


def test_after_a_kill_a_record_that_is_present_already_needs_no_note() -> None:
    rows = [ROWS[0], ROWS[1] | {"outcome": "present"}]
    counts = COUNTS | {"written": 1, "present": 1}
    report = REPORT | {"records": rows, "counts": counts, "notes": []}
    assert findings_of("losses-told", KILLED, replace(SETTLED, report=report)) == []
    (found,) = findings_of("losses-told", replace(RIGHT, report=report))
    assert found.subject == "note on a (letters/a)"


def test_after_a_kill_what_is_noted_of_the_whole_may_have_been_told_to_nobody() -> None:
    whole = replace(ORACLE["one"], notes=frozenset({Note("store", "", "resumed")}))
    told = REPORT | {"records": [ROWS[0] | {"outcome": "present"}], "notes": []}
    done = replace(SETTLED, report=told)
    assert findings_of("losses-told", KILLED, done, oracle={"one": whole}) == []
    anew = replace(SETTLED, report=REPORT | {"notes": []})
    for events in ((KILLED, anew), (replace(RIGHT, report=told),)):
        assert len(findings_of("losses-told", *events, oracle={"one": whole})) == 1


def test_an_outcome_other_than_the_exit_status_is_told() -> None:
    assert honesty(outcome="partial") == [("outcome", "done", "partial")]


def test_a_wrong_code_and_a_backup_that_is_not_there_are_told() -> None:
    wrong = event(LEGACY, outcome="refused", conditions=LOCKED, report=IDLE | {"code": "TIRED"})
    (found,) = findings_of("report-is-honest", wrong)
    assert (found.subject, found.expected, found.found) == ("code", "target-locked", "TIRED")
    assert honesty(backup="nowhere") == [("backup", "a path that exists", "nowhere")]
    assert honesty(backup="/home/u/moved") == []


@pytest.mark.parametrize(
    ("name", "lie"), [("contract", 2), ("contract", True), ("system", "x"), ("dry_run", True)]
)
def test_a_report_that_is_about_something_else_is_told(name: str, lie: object) -> None:
    assert honesty(**{name: lie}) == [(name, SELF[name], lie)]


def test_a_change_that_is_denied_or_made_up_is_told() -> None:
    assert honesty(changed=False) == [("changed", True, False)]
    boast = event(LEGACY, outcome="refused", conditions=LOCKED, report=IDLE | {"changed": True})
    assert [(f.subject, f.expected) for f in findings_of("report-is-honest", boast)] == [("changed", False)]


def of_rollback(after: Home = LEGACY, profile: Any = PROFILE, **other: Any) -> list[tuple[str, Any, Any]]:
    report = IDLE | {"outcome": "done", "changed": True} | other
    case = shown(RIGHT, event(CHANGED, after, do="rollback", report=report), profile=profile)
    return [(f.subject, f.expected, f.found) for f in result_of("report-is-honest", case).findings]


def test_a_rollback_that_denies_what_it_did_is_told() -> None:
    assert of_rollback() == []
    assert of_rollback(changed=False) == [("changed", True, False)]
    assert of_rollback(outcome="refused") == [("outcome", "done", "refused")]


def test_a_rollback_says_where_its_export_lies() -> None:
    export = ".local/state/m/export"
    exporting = msgspec.structs.replace(PROFILE, exports="rows")
    after = LEGACY.with_file(f"{export}/notes.jsonl", b'{"id": "a"}\n', mode=0o600)
    assert of_rollback(after, exporting, export=export) == []
    assert of_rollback(after, exporting, export=f"/home/u/{export}") == []
    wanted = "the folder that holds what others made of it"
    for wrong in (None, "nowhere", "legacy"):
        assert of_rollback(after, exporting, export=wrong) == [("export", wanted, wrong)]
    assert of_rollback(LEGACY, exporting, export=None) == []
    assert of_rollback(LEGACY, exporting, export=export) == [("export", wanted, export)]


def test_the_code_of_a_refused_rollback_is_not_that_of_a_migration() -> None:
    report = IDLE | {"code": "changed since"}
    refused = event(MIGRATED, do="rollback", outcome="refused", conditions=LOCKED, report=report)
    assert findings_of("report-is-honest", RIGHT, refused) == []


def test_totals_that_its_own_records_contradict_are_told() -> None:
    assert honesty(counts=COUNTS | {"skipped": 1, "read": 3}) == [
        ("counts.skipped", 0, 1),
        ("counts.read", 2, 3),
    ]
    assert [subject for subject, _, _ in honesty(counts=None)] == [
        "counts.written",
        "counts.present",
        "counts.skipped",
        "counts.set_aside",
        "counts.read",
        "counts.written",
    ]


@pytest.mark.parametrize("records", [None, 7, "text", {"a": 1}, [1, *ROWS]])
def test_records_that_are_no_list_of_objects_are_told(records: Any) -> None:
    assert honesty(records=records)[0] == ("records", "a list of objects", records)
    assert result_of("accounted-for", said(records=records)).note == ""


def test_counts_that_are_no_object_are_told() -> None:
    assert next(subject for subject, _, _ in honesty(counts=[1])) == "counts.written"


def test_a_question_without_an_answer_is_told() -> None:
    (found,) = result_of("reads-answer", asked(MIGRATED, Exchange(0, 0.1, {"of": "a"}))).findings
    assert (found.subject, found.found) == ("question {'of': 'a'}", "none")


def test_a_home_that_cannot_be_asked_is_refused_and_any_other_is_not() -> None:
    def ends(tree: Home, outcome: Outcome) -> bool:
        return result_of("ends-as-expected", asked(tree, outcome=outcome)).status is Status.PASS

    assert [ends(MIGRATED, "done"), ends(MIGRATED, "refused")] == [True, False]
    assert [ends(LEGACY, "done"), ends(LEGACY, "refused")] == [False, True]


def test_a_number_that_was_not_to_be_given_out_is_told() -> None:
    counted = event(
        FILLED.with_file("counters", b'{"notes": 3}'), FILLED.with_file("counters", b'{"notes": 4}')
    )
    assert [found.subject for found in findings_of("only-adds", counted)] == ["notes: highest number"]


def test_a_row_of_its_own_is_told_where_it_went() -> None:
    (found,) = findings_of("only-adds", event(FILLED, with_notes(FILLED, a=A)))
    assert (found.subject, found.found) == ("notes old", "no such record")


def test_rows_that_are_no_records_are_not_counted() -> None:
    boast = event(LEGACY, MIGRATED.without("moved/a"), report=REPORT)
    several = ORACLE | {"one": replace(ORACLE["one"], row_each=False)}
    assert findings_of("report-is-honest", boast, oracle=several) == []


def test_the_oracle_is_asked_under_the_facts_of_the_profile() -> None:
    blocked = event(LEGACY, LEGACY, outcome="refused")
    less = msgspec.structs.replace(PROFILE, facts=["locked"])
    assert findings_of("ends-as-expected", blocked, profile=less) == []
    assert findings_of("ends-as-expected", blocked) != []


def test_a_total_that_the_disk_contradicts_is_told() -> None:
    boast = event(LEGACY, MIGRATED.without("moved/a"), report=REPORT)
    (found,) = findings_of("report-is-honest", boast)
    assert (found.subject, found.expected, found.found) == ("counts.written", "1 new records on disk", 2)


def test_a_run_that_was_cut_short_need_not_report() -> None:
    cut = event(LEGACY, outcome="unknown", signal=9)
    assert findings_of("report-is-honest", RIGHT, cut) == []


@pytest.mark.parametrize(
    ("do", "after", "told"),
    [
        ("purge", journalled(MIGRATED.without("notes/a.txt"), b"A"), ["untouched by a purge"]),
        ("purge_now", MIGRATED, ["moved away: all of it is in the target"]),
        (
            "purge_now",
            journalled(MIGRATED.without("notes/a.txt").without("letters/a"), b"A"),
            ["untouched by a purge"],
        ),
    ],
)
def test_a_purge_takes_just_what_is_due(do: Verb, after: Home, told: list[str]) -> None:
    found = CLAIMS["purge-spares"].check(shown(RIGHT, event(MIGRATED, after, do=do)))
    assert [finding.expected for finding in found] == told


def test_a_legacy_file_that_changed_since_is_never_due() -> None:
    changed = MIGRATED.with_file("notes/a.txt", b"B")
    gone = journalled(changed.without("notes/a.txt"), b"B")
    found = list(CLAIMS["purge-spares"].check(shown(RIGHT, event(changed, gone, do="purge_now"))))
    assert [finding.expected for finding in found] == ["untouched by a purge"]
