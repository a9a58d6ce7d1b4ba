"""Every claim, on histories written by hand: one that shows it holds, one that shows it does not, one that is mute."""

from __future__ import annotations

import pytest
from claim_histories import BACK, LEGACY, MIGRATED, REFUSED, REPORT, RIGHT, result_of, shown
from claim_trios import TRIOS
from handwritten import event

from harness.claims import CLAIMS, Finding
from harness.claims.claim import always
from harness.verdict import ClaimResult, Status, judge


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
