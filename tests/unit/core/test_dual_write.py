"""What is claimed of a store that writes twice, on talks written by hand."""

from __future__ import annotations

import pytest
from twofold import kept, note, said, shown, talked

from harness.claims import Finding
from harness.evidence import Evidence
from harness.history import Event
from harness.orders import TooManyError, orders
from harness.talk import as_data, of_data
from harness.verdict import Status, judge

DUAL = ["acknowledged-is-kept", "answers-hold", "sides-agree", "untouched-stay", "drift-told"]
EMPTY, A = kept({}), kept({"a": note("A")})


def failing(case: Evidence) -> set[str]:
    results = judge(case, DUAL).results
    assert not any(result.status is Status.UNKNOWN for result in results)
    return {result.claim for result in results if result.status is Status.FAIL}


def found(name: str, *events: Event) -> list[Finding]:
    return list(judge(shown(*events), [name]).results[0].findings)


def test_what_is_acknowledged_must_be_on_both_sides() -> None:
    write = said(0, 1, 2, "put", note="a", text="A")
    assert failing(shown(talked(EMPTY, A, write))) == set()
    assert "acknowledged-is-kept" in failing(shown(talked(EMPTY, EMPTY, write)))
    assert failing(shown(talked(EMPTY, kept({"a": note("A")}, {}), write))) == {
        "acknowledged-is-kept",
        "sides-agree",
    }


def test_a_file_that_was_not_written_may_follow_later() -> None:
    write = said(0, 1, 2, "put", note="a", text="A", reply={"through": False})
    assert failing(shown(talked(EMPTY, kept({"a": note("A")}, {}), write))) == set()


def test_what_had_no_answer_is_there_whole_or_not_at_all() -> None:
    write = said(0, 1, None, "put", note="a", text="AB")
    for after in (EMPTY, kept({"a": note("AB")}), kept({"a": note("AB")}, {})):
        assert failing(shown(talked(EMPTY, after, write, blow="random", outcome="unknown"))) == set()
    half = talked(EMPTY, kept({"a": note("A")}, {}), write, blow="random", outcome="unknown")
    assert failing(shown(half)) == {"acknowledged-is-kept"}


def test_what_a_killed_store_left_is_settled_by_the_next() -> None:
    halfway = kept({"a": note("A")}, {})
    killed = talked(EMPTY, halfway, said(0, 1, None, "put", note="a", text="A"), blow="random")
    look = said(0, 1, 2, "read", note="a", reply={"value": note("A")})
    assert failing(shown(killed, talked(halfway, A, look))) == set()
    assert failing(shown(killed, talked(halfway, halfway, look))) == {"sides-agree"}


def test_a_request_that_broke_off_was_not_made() -> None:
    write = said(0, 1, None, "put", note="a", text="A", cut=True)
    assert failing(shown(talked(EMPTY, EMPTY, write, blow="cut"))) == set()
    assert failing(shown(talked(EMPTY, A, write, blow="cut"))) == {"untouched-stay"}


def test_two_that_overlap_may_come_in_either_order_and_none_may_be_lost() -> None:
    both = [said(client, 1, 3, "add", note="a", text=text) for client, text in enumerate("XY")]
    for text in ("AXY", "AYX"):
        assert failing(shown(talked(A, kept({"a": note(text, 3)}), *both))) == set()
    assert failing(shown(talked(A, kept({"a": note("AY", 2)}), *both))) == {"acknowledged-is-kept"}


def test_one_that_was_answered_before_the_other_was_made_comes_first() -> None:
    first, second = (said(0, at, at + 1, "add", note="a", text=text) for at, text in ((1, "X"), (3, "Y")))
    assert failing(shown(talked(A, kept({"a": note("AYX", 3)}), first, second))) == {"acknowledged-is-kept"}


def test_who_reads_after_an_answer_reads_what_it_said() -> None:
    write = said(0, 1, 2, "put", note="a", text="B")
    stale = said(1, 3, 4, "read", note="a", reply={"value": note("A")})
    event = talked(A, kept({"a": note("B", 2)}), write, stale)
    (finding,) = found("answers-hold", event)
    assert (finding.subject, finding.step) == ("a", 0)
    assert "'do': 'read'" in finding.found
    early = said(1, 1, 4, "read", note="a", reply={"value": note("A")})
    assert failing(shown(talked(A, kept({"a": note("B", 2)}), write, early))) == set()


def test_a_living_store_answers_every_request_under_its_id() -> None:
    assert failing(shown(talked(EMPTY, EMPTY, said(0, 1, None, "read", note="a")))) == {"answers-hold"}
    other = said(0, 1, 2, "read", note="a", reply={"id": 99, "value": None})
    assert failing(shown(talked(EMPTY, EMPTY, other))) == {"answers-hold"}


def test_what_no_request_is_about_stays() -> None:
    look = said(0, 1, 2, "read", note="a", reply={"value": note("A")})
    assert failing(shown(talked(A, kept({"a": note("A"), "b": note("B")}), look))) == {"untouched-stay"}


def test_nothing_of_a_store_is_left_among_the_files() -> None:
    look = said(0, 1, 2, "read", note="a", reply={"value": note("A")})
    assert failing(shown(talked(A, A.with_file("beside.part", b"x"), look))) == {"sides-agree"}


def test_what_others_wrote_to_one_side_is_told_and_mended_to_the_newer() -> None:
    apart = kept({"a": note("A")}, {"a": note("edited", 2)})
    ask = said(0, 1, 2, "compare", reply={"apart": {"a": "legacy"}})
    mend = said(0, 3, 4, "compare", mend=True, reply={"apart": {"a": "legacy"}})
    mended = kept({"a": note("edited", 2)})
    assert failing(shown(talked(apart, mended, ask, mend, do="reconcile"))) == set()
    assert failing(shown(talked(apart, apart, ask, do="reconcile"))) == set()
    silent = said(0, 1, 2, "compare", reply={"apart": {}})
    assert failing(shown(talked(apart, apart, silent, do="reconcile"))) == {"drift-told"}
    wrong = said(0, 1, 2, "compare", reply={"apart": {"a": "target"}})
    assert failing(shown(talked(apart, apart, wrong, do="reconcile"))) == {"drift-told"}
    assert failing(shown(talked(apart, A, ask, mend, do="reconcile"))) == {"drift-told"}
    assert failing(shown(talked(A, A, ask, do="reconcile"))) == {"drift-told"}


def test_an_edit_of_others_is_taken_over_before_a_change() -> None:
    apart = kept({"a": note("A")}, {"a": note("edited", 2)})
    add = said(0, 1, 2, "add", note="a", text="X")
    assert failing(shown(talked(apart, kept({"a": note("editedX", 3)}), add))) == set()
    before = said(0, 0.1, 0.2, "read", note="a", reply={"value": note("A")})
    after = said(0, 3, 4, "read", note="a", reply={"value": note("editedX", 3)})
    assert failing(shown(talked(apart, kept({"a": note("editedX", 3)}), before, add, after))) == set()
    silently = talked(apart, kept({"a": note("AX", 2)}), add)
    assert failing(shown(silently)) == {"acknowledged-is-kept"}


def test_too_many_orders_leave_the_question_open() -> None:
    many = [said(client, 1, 9, "add", note="a", text=chr(65 + client)) for client in range(16)]
    with pytest.raises(TooManyError):
        orders(
            [None],
            many,
            lambda _: True,
            lambda one, state: [{"text": (state or {"text": ""})["text"] + one.request["text"]}],
        )
    full = kept({"a": note("x")})
    assert judge(shown(talked(EMPTY, full, *many)), ["acknowledged-is-kept"]).status is Status.UNKNOWN


def test_a_talk_is_kept_on_disk_as_it_was() -> None:
    talk = talked(
        EMPTY, A, said(0, 1, 2, "put", note="a", text="A"), said(1, 1, None, "read", note="a"), blow="random"
    ).talk
    assert talk is not None
    assert of_data(as_data(talk)) == talk


def test_what_a_killed_client_leaves_outside_the_home_is_excused() -> None:
    look = [said(0, 1, None, "read", note="a"), said(1, 1, 2, "read", note="a", reply={"value": None})]
    for blow, status in (("random", Status.PASS), ("cut", Status.FAIL)):
        event = talked(EMPTY, EMPTY, *look, blow=blow, litter=("/tmp/x",))  # type: ignore[arg-type]
        assert judge(shown(event), ["leaves-no-litter"]).status is status
