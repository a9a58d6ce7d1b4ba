"""The gate: release only when everything was measured and met, roll back when a trigger fired, hold otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.claims import CLAIMS, Finding
from harness.gate import Decision, Metric, Reading, Trigger, decide, findings_of, share_passing
from harness.systems import PACKS, pack
from harness.verdict import ClaimResult, Status, Verdict

WHOLE = Metric("whole", "homes without loss", "%", "X-01", share_passing("no-loss", "no-corruption"), 100)
LOST = Trigger("lost", "records lost", "count", "X-01", findings_of("no-loss", "no-stranding"), 0)


def result(claim: str, status: Status, findings: int = 0) -> ClaimResult:
    found = tuple(Finding(claim, f"record {number}", "there", "gone", 0) for number in range(findings))
    return ClaimResult(claim, status, found)


def case(**statuses: Status) -> Verdict:
    """A verdict by claim; a failure has two findings."""
    return Verdict(
        tuple(
            result(name.replace("_", "-"), status, 2 if status is Status.FAIL else 0)
            for name, status in statuses.items()
        )
    )


PASS, FAIL, UNKNOWN, MUTE = Status.PASS, Status.FAIL, Status.UNKNOWN, Status.NOT_OFFERED
GOOD = case(no_loss=PASS, no_corruption=PASS)

TABLE: dict[str, tuple[list[Verdict], Decision, list[str]]] = {
    "all met and quiet": ([GOOD, GOOD], Decision.RELEASE, []),
    "no cases": ([], Decision.HOLD, ["whole: not measured", "lost: not measured", "1 case unknown"]),
    "a failure outside metrics and triggers": (
        [GOOD, case(no_loss=PASS, kept_private=FAIL)],
        Decision.HOLD,
        ["1 case fail"],
    ),
    "an unknown outside metrics and triggers": (
        [GOOD, case(no_loss=PASS, kept_private=UNKNOWN), case(no_loss=PASS, kept_private=UNKNOWN)],
        Decision.HOLD,
        ["2 cases unknown"],
    ),
    "a metric that is missed": (
        [GOOD, case(no_loss=PASS, no_corruption=FAIL)],
        Decision.HOLD,
        ["whole: missed", "1 case fail"],
    ),
    "a metric whose claim is unknown once": (
        [GOOD, case(no_loss=UNKNOWN, no_corruption=PASS)],
        Decision.HOLD,
        ["whole: missed", "1 case unknown"],
    ),
    "a metric that nobody measured": (
        [case(no_stranding=PASS)],
        Decision.HOLD,
        ["whole: not measured"],
    ),
    "a trigger that nobody measured": (
        [case(no_corruption=PASS)],
        Decision.HOLD,
        ["lost: not measured"],
    ),
    "a trigger that fired": (
        [GOOD, case(no_loss=FAIL, no_corruption=PASS)],
        Decision.ROLL_BACK,
        ["whole: missed", "lost: fired", "1 case fail"],
    ),
    "a trigger that fired beside an unknown": (
        [case(no_loss=PASS, no_corruption=PASS, no_stranding=FAIL), case(harness=UNKNOWN)],
        Decision.ROLL_BACK,
        ["lost: fired", "1 case fail", "1 case unknown"],
    ),
    "a case that could show nothing": ([GOOD, case(no_loss=MUTE)], Decision.HOLD, ["1 case unknown"]),
}


@pytest.mark.parametrize(("cases", "decision", "reasons"), TABLE.values(), ids=TABLE.keys())
def test_the_decision_and_its_reasons(cases: list[Verdict], decision: Decision, reasons: list[str]) -> None:
    decided = decide(cases, [WHOLE], [LOST])
    assert (decided.decision, list(decided.reasons)) == (decision, reasons)


def test_without_metrics_and_triggers_no_cases_still_hold() -> None:
    assert decide([], [], []).decision is Decision.HOLD


def test_the_worst_case_is_the_status_of_the_whole() -> None:
    assert decide([GOOD], [WHOLE], [LOST]).status is PASS
    assert decide([GOOD, case(no_loss=FAIL), case(no_loss=UNKNOWN)], [], []).status is FAIL
    assert decide([], [], []).status is UNKNOWN


@pytest.mark.parametrize(
    ("cases", "share"),
    [
        ([], None),
        ([case(no_loss=MUTE, no_corruption=MUTE)], None),
        ([case(kept_private=FAIL)], None),
        ([GOOD], 100.0),
        ([GOOD, case(no_loss=MUTE)], 100.0),
        ([case(no_loss=PASS, no_corruption=MUTE)], 100.0),
        ([case(no_loss=PASS, no_corruption=UNKNOWN)], 0.0),
        ([GOOD, GOOD, GOOD, case(no_loss=FAIL, no_corruption=PASS)], 75.0),
    ],
)
def test_a_share_counts_the_cases_that_can_show_it(cases: list[Verdict], share: float | None) -> None:
    assert share_passing("no-loss", "no-corruption")(cases) == share


@pytest.mark.parametrize(
    ("cases", "count"),
    [
        ([], None),
        ([case(no_loss=MUTE)], None),
        ([case(kept_private=FAIL)], None),
        ([GOOD], 0.0),
        ([case(no_loss=UNKNOWN)], 0.0),
        ([GOOD, case(no_loss=FAIL, no_stranding=FAIL, kept_private=FAIL), case(no_loss=FAIL)], 6.0),
    ],
)
def test_findings_are_counted_over_all_cases(cases: list[Verdict], count: float | None) -> None:
    assert findings_of("no-loss", "no-stranding")(cases) == count


@pytest.mark.parametrize(
    ("item", "value", "state"),
    [
        (WHOLE, None, "not measured"),
        (WHOLE, 100.0, "met"),
        (WHOLE, 99.9, "missed"),
        (LOST, None, "not measured"),
        (LOST, 0.0, "quiet"),
        (LOST, 1.0, "fired"),
    ],
)
def test_a_reading_is_judged_by_its_limit(item: Metric | Trigger, value: float | None, state: str) -> None:
    assert Reading(item, value).state == state


def test_the_exit_status_is_part_of_the_decision() -> None:
    assert {decision.name: decision.value for decision in Decision} == {
        "RELEASE": 0,
        "HOLD": 4,
        "ROLL_BACK": 5,
    }


@pytest.mark.parametrize("system", PACKS)
def test_the_metrics_and_triggers_of_a_pack_release_when_every_claim_passes_and_not_when_one_is_unknown(
    system: str,
) -> None:
    known = pack(system)
    good = Verdict(tuple(result(name, PASS) for name in CLAIMS))
    assert decide([good], known.METRICS, known.TRIGGERS).decision is Decision.RELEASE
    for name in CLAIMS:
        unsure = Verdict(tuple(result(claim, UNKNOWN if claim == name else PASS) for claim in CLAIMS))
        assert decide([good, unsure], known.METRICS, known.TRIGGERS).decision is Decision.HOLD
        broken = Verdict(
            tuple(result(claim, FAIL if claim == name else PASS, claim == name) for claim in CLAIMS)
        )
        assert decide([good, broken], known.METRICS, known.TRIGGERS).decision is not Decision.RELEASE


def test_what_a_migrator_lacks_is_not_offered_and_does_not_hold_it_back() -> None:
    needing = replace(WHOLE, measure=lambda _: None, needs="dry_run")
    decided = decide([GOOD], [needing], [LOST], lacks=frozenset({"dry_run"}))
    assert [reading.state for reading in decided.readings] == ["not offered", "quiet"]
    assert decided.decision is Decision.RELEASE
    assert decide([GOOD], [needing], [LOST]).decision is Decision.HOLD
    silent = replace(LOST, measure=lambda _: None, needs="rollback")
    assert decide([GOOD], [WHOLE], [silent], lacks=frozenset({"rollback"})).decision is Decision.RELEASE
    assert decide([GOOD], [WHOLE], [silent]).decision is Decision.HOLD
