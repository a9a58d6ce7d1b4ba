"""How a step must end, and what a claim makes of rows: whichever way a step ended."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from claim_histories import (
    BACK,
    LEGACY,
    LOCKED,
    MIGRATED,
    PAIRED,
    RIGHT,
    TORN,
    A,
    findings_of,
    holding,
    result_of,
    shown,
)
from handwritten import PROFILE, event, home

from harness.sut import Outcome, Verb
from harness.verdict import Status

# -- ends-as-expected ----------------------------------------------------------------------------------------------
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
