"""Verdicts: fail beats unknown beats pass, nothing tried is unknown, and a judge that crashes has not judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations

import pytest
from handwritten import event, evidence, home
from hypothesis import given
from hypothesis import strategies as st

from harness import verdict as module
from harness.claims import Claim, Finding, UndecidedError
from harness.evidence import Evidence
from harness.verdict import ClaimResult, Status, Verdict, judge, worst

CASE = evidence(event(home({"legacy": "one"})))


def finding(claim: str, number: int = 0) -> Finding:
    return Finding(claim, f"subject {number}", "this", "that", 0)


def passing(_: Evidence) -> Iterator[Finding]:
    yield from ()


def failing(_: Evidence) -> Iterator[Finding]:
    yield finding("failing")


def crashing(_: Evidence) -> Iterator[Finding]:
    yield from ()
    raise RuntimeError("the ground gave way")


def crashing_late(_: Evidence) -> Iterator[Finding]:
    yield finding("crashing-late", 1)
    yield finding("crashing-late", 2)
    raise KeyError("no such thing")


def crashing_at_once(_: Evidence) -> list[Finding]:
    raise ZeroDivisionError("at once")


def undecided(_: Evidence) -> Iterator[Finding]:
    yield from ()
    raise UndecidedError("the history ends too early")


def undecided_without_a_word(_: Evidence) -> Iterator[Finding]:
    yield from ()
    raise UndecidedError


def undecided_late(_: Evidence) -> Iterator[Finding]:
    yield finding("undecided-late")
    raise UndecidedError("the rest is dark")


def endless(_: Evidence) -> Iterator[Finding]:
    number = 0
    while True:
        yield finding("endless", number)
        number += 1


Check = Callable[[Evidence], Iterator[Finding] | list[Finding]]
KINDS: dict[str, tuple[Check, Status]] = {
    "passing": (passing, Status.PASS),
    "failing": (failing, Status.FAIL),
    "crashing": (crashing, Status.UNKNOWN),
    "crashing-late": (crashing_late, Status.FAIL),
    "crashing-at-once": (crashing_at_once, Status.UNKNOWN),
    "undecided": (undecided, Status.UNKNOWN),
    "undecided-without-a-word": (undecided_without_a_word, Status.UNKNOWN),
    "undecided-late": (undecided_late, Status.FAIL),
    "endless": (endless, Status.FAIL),
}


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> dict[str, Claim]:
    """A registry of claims that end in every way a claim can."""
    claims = {name: Claim(name, "A sentence.", check) for name, (check, _) in KINDS.items()}
    claims["mute"] = Claim("mute", "A sentence.", failing, lambda _: "nothing to see")
    claims["crashing-offer"] = Claim("crashing-offer", "A sentence.", passing, lambda _: str(1 // 0))
    monkeypatch.setattr(module, "CLAIMS", claims)
    return claims


def only(name: str) -> ClaimResult:
    (result,) = judge(CASE, [name]).results
    return result


@pytest.mark.parametrize(("name", "status"), [(name, status) for name, (_, status) in KINDS.items()])
def test_each_way_to_end_has_its_status(name: str, status: Status) -> None:
    assert only(name).status is status
    assert judge(CASE, [name]).status is status


def test_a_crash_is_unknown_and_says_what_happened_where() -> None:
    note = only("crashing").note
    assert note.startswith("the harness could not judge: RuntimeError: the ground gave way (crashing, line ")
    assert "ZeroDivisionError" in only("crashing-at-once").note


def test_a_crash_while_asking_whether_a_claim_applies_is_unknown() -> None:
    assert only("crashing-offer").status is Status.UNKNOWN
    assert "ZeroDivisionError" in only("crashing-offer").note


def test_findings_before_a_crash_are_a_failure_and_stay() -> None:
    result = only("crashing-late")
    assert result.findings == (finding("crashing-late", 1), finding("crashing-late", 2))
    assert "KeyError" in result.note


def test_an_open_question_says_why() -> None:
    assert only("undecided").note == "the history ends too early"
    assert only("undecided-without-a-word").note


def test_findings_are_kept_up_to_a_number() -> None:
    assert [f.subject for f in only("endless").findings] == [f"subject {n}" for n in range(50)]


def test_a_claim_that_is_not_offered_says_why_and_is_not_checked() -> None:
    assert only("mute") == ClaimResult("mute", Status.NOT_OFFERED, note="nothing to see")


def test_nothing_offered_is_unknown() -> None:
    assert judge(CASE, ["mute"]).status is Status.UNKNOWN
    assert Verdict(()).status is Status.UNKNOWN
    assert worst(()) is Status.UNKNOWN
    assert worst([Status.NOT_OFFERED] * 3) is Status.UNKNOWN


def test_an_interruption_is_not_taken_for_a_crash(registry: dict[str, Claim]) -> None:
    def interrupted(_: Evidence) -> list[Finding]:
        raise KeyboardInterrupt

    registry["interrupted"] = Claim("interrupted", "A sentence.", interrupted)
    with pytest.raises(KeyboardInterrupt):
        judge(CASE, ["interrupted"])


def test_all_claims_are_judged_when_none_is_named(registry: dict[str, Claim]) -> None:
    assert [result.claim for result in judge(CASE).results] == list(registry)


def test_a_verdict_names_what_failed_and_lists_all_findings() -> None:
    verdict = judge(CASE, ["passing", "crashing-late", "undecided", "failing"])
    assert verdict.failed == ("crashing-late", "failing")
    assert [f.claim for f in verdict.findings] == ["crashing-late", "crashing-late", "failing"]


NAMES = st.lists(st.sampled_from([*KINDS, "mute"]), min_size=1, max_size=6, unique=True)


@given(NAMES.flatmap(lambda names: st.tuples(st.just(names), st.permutations(names))))
def test_the_order_of_claims_does_not_matter(orders: tuple[list[str], list[str]]) -> None:
    one, other = (judge(CASE, names) for names in orders)
    assert one.status is other.status
    assert {r.claim: r for r in one.results} == {r.claim: r for r in other.results}


@given(st.lists(st.sampled_from(Status)), st.lists(st.sampled_from(Status)))
def test_another_result_never_makes_a_verdict_better(some: list[Status], more: list[Status]) -> None:
    tried = [status for status in some if status is not Status.NOT_OFFERED]
    assert not tried or worst([*some, *more]) >= worst(some)
    assert worst([*some, *more]) is worst([*more, *some])


def test_fail_beats_unknown_beats_pass_beats_not_offered() -> None:
    ranked = [Status.NOT_OFFERED, Status.PASS, Status.UNKNOWN, Status.FAIL]
    for pair in permutations(ranked, 2):
        assert worst(pair) is max(pair, key=ranked.index)
    assert [status.word for status in ranked] == ["not offered", "pass", "unknown", "fail"]
