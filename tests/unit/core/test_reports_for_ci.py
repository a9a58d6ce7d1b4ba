"""What continuous integration is shown: JUnit XML, GitHub's step summary and annotations."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from harness.claims import Finding
from harness.gate import Decision, GateResult
from harness.report.github import step_summary, workflow_commands
from harness.report.junit import junit_xml
from harness.result import RunResult
from harness.verdict import ClaimResult, Status, Verdict

REPLAY = "harness run toy-any --seed 7"
HOLDS = ClaimResult("no-invention", Status.PASS)
SILENT = ClaimResult("home-restored", Status.NOT_OFFERED, note="the scenario has no rollback step")
OPEN = ClaimResult("store-sound", Status.UNKNOWN, note="the harness could not judge")
LOST = ClaimResult(
    "no-loss", Status.FAIL, (Finding("no-loss", "notes \x07a", "A,\n100%", "no such record", 0),)
)
GOOD = Verdict((ClaimResult("no-loss", Status.PASS), HOLDS, SILENT))
BAD = Verdict((LOST, HOLDS, SILENT))


def result(*verdicts: Verdict) -> RunResult:
    return RunResult(
        scenario="toy-any",
        system="toy",
        profile="mine",
        level="bare",
        seed=7,
        verdicts=verdicts,
        smallest=None,
        damage=(),
        folder="runs/toy-any/x",
        seconds=1.5,
        homes=1,
    )


def suite(*verdicts: Verdict) -> ET.Element:
    (only,) = ET.fromstring(junit_xml([(result(*verdicts), REPLAY)]))
    return only


def test_junit_has_a_case_for_each_claim_and_the_worst_home_decides() -> None:
    found = suite(GOOD, BAD, GOOD)
    assert found.attrib == {
        "name": "toy-any",
        "tests": "3",
        "failures": "1",
        "errors": "0",
        "skipped": "1",
        "time": "1.500",
    }
    assert {case.get("name"): [child.tag for child in case] for case in found} == {
        "no-loss": ["failure"],
        "no-invention": [],
        "home-restored": ["skipped"],
    }


def test_junit_shows_an_open_question_as_an_error_with_its_reason() -> None:
    (error,) = suite(Verdict((OPEN,))).iter("error")
    assert error.get("message") == "the harness could not judge"


def test_junit_tells_the_evidence_and_the_replay_in_characters_that_xml_has() -> None:
    (failure,) = suite(BAD).iter("failure")
    assert "notes" in (failure.text or "")
    assert REPLAY in (failure.text or "")
    assert "\x07" not in (failure.text or "") + (failure.get("message") or "")


def test_the_step_summary_has_decision_table_and_evidence() -> None:
    decision = GateResult(Decision.ROLL_BACK, (), Status.FAIL, ("1 case fail",))
    told = [(result(GOOD), REPLAY), (replace(result(BAD), scenario="toy-bad"), REPLAY)]
    text = step_summary(told, {"toy": decision}, "container")
    assert "**toy: roll back**" in text
    assert "| ✅ | toy-any | 1 | 1 | 1.5 |" in text
    assert "| ❌ | toy-bad | 1 | 1 | 1.5 |" in text
    assert text.count(REPLAY) == 1
    assert "Sandbox: container" in text


@pytest.mark.parametrize(("verdict", "kind"), [(BAD, "error"), (Verdict((OPEN,)), "warning")])
def test_each_scenario_that_does_not_pass_is_annotated_on_one_line(verdict: Verdict, kind: str) -> None:
    (line,) = workflow_commands([(result(verdict), REPLAY), (result(GOOD), REPLAY)])
    assert line.startswith(f"::{kind} title=toy-any::")
    assert "\n" not in line
    assert "%0A" in line
