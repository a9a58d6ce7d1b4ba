"""What people read: a failure in a few lines, what could not be shown, and nothing that a terminal would obey."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from harness.claims import CLAIMS, Finding
from harness.gate import Metric, Trigger, decide, findings_of, share_passing
from harness.records import OneOf
from harness.report.data import gate_data, run_data, verdict_data
from harness.report.text import gate_lines, replay_command, sandbox_lines, scenario_lines, verdict_lines
from harness.result import RunResult
from harness.sandbox.choose import Choice
from harness.sandbox.session import Session
from harness.verdict import ClaimResult, Status, Verdict

GOOD = Verdict(
    (ClaimResult("no-loss", Status.PASS), ClaimResult("home-restored", Status.NOT_OFFERED, note="none"))
)
REPLAY = "harness run toy-any --seed 7"


def no_session(**_: object) -> Session:
    raise AssertionError("a report opens no sandbox")


def lost(count: int = 1, **other: Any) -> Verdict:
    parts = {"subject": "notes a", "expected": {"text": "A"}, "found": "no such record"} | other
    found = tuple(
        Finding("no-loss", parts["subject"], parts["expected"], parts["found"], 0) for _ in range(count)
    )
    return Verdict((ClaimResult("store-sound", Status.PASS), ClaimResult("no-loss", Status.FAIL, found)))


def result(*verdicts: Verdict, smallest: Verdict | None = None, **more: Any) -> RunResult:
    return RunResult(
        scenario="toy-any",
        system="toy",
        profile="by-hand",
        level="bare",
        seed=7,
        verdicts=verdicts,
        smallest=smallest,
        damage=more.pop("damage", ()),
        folder="runs/toy-any/then",
        seconds=1.25,
        **more,
    )


def test_a_failing_verdict_is_told_in_a_few_lines() -> None:
    assert list(scenario_lines(result(GOOD, lost(3), smallest=lost(), damage=("torn", "blank")), REPLAY)) == [
        "FAIL    toy-any  (2 homes, 1.2 s)",
        f"  claim     no-loss: {CLAIMS['no-loss'].sentence}",
        "  subject   notes a",
        '  expected  {"text": "A"}',
        "  found     no such record",
        "  damage    torn, blank",
        f"  replay    {REPLAY}",
        "  kept in   runs/toy-any/then",
    ]


def test_only_the_first_finding_is_told_and_the_rest_is_counted() -> None:
    lines = list(verdict_lines(lost(3)))
    assert lines[1] == "  subject   notes a  (and 2 more)"
    assert len(lines) == 4


def test_without_a_smallest_home_the_first_failing_one_is_told() -> None:
    assert "  subject   the third" in scenario_lines(result(GOOD, GOOD, lost(subject="the third")), REPLAY)


def test_a_pass_is_one_line() -> None:
    passed = Verdict((ClaimResult("no-loss", Status.PASS),))
    assert list(scenario_lines(result(passed), REPLAY)) == ["PASS    toy-any  (1 home, 1.2 s)"]


def test_claims_that_no_home_could_show_are_listed_apart() -> None:
    mute = ClaimResult("kept-private", Status.NOT_OFFERED, note="no paths")
    shown = Verdict((ClaimResult("home-restored", Status.PASS), mute))
    lines = list(scenario_lines(result(GOOD, shown), REPLAY))
    assert lines[1:] == ["        not offered: kept-private"]
    among_many = list(scenario_lines(result(GOOD, shown), REPLAY, brief=True))
    assert among_many == [lines[0].replace(")", "; 1 claim not offered)")]


def test_an_unknown_says_why() -> None:
    unsure = Verdict((ClaimResult("no-loss", Status.UNKNOWN, note="the rest is dark"),))
    lines = list(scenario_lines(result(GOOD, unsure, notes=("the sandbox failed: it ended",)), REPLAY))
    assert lines[:3] == [
        "UNKNOWN toy-any  (2 homes, 1.2 s)",
        "  unknown   no-loss: the rest is dark",
        "  note      the sandbox failed: it ended",
    ]
    assert lines[3] == f"  replay    {REPLAY}"


def test_no_case_at_all_is_unknown() -> None:
    assert next(iter(scenario_lines(result(), REPLAY))).startswith("UNKNOWN toy-any  (0 homes")


def test_long_values_are_shortened() -> None:
    (line,) = [x for x in verdict_lines(lost(expected="x" * 1000)) if x.startswith("  expected")]
    assert line == "  expected  " + "x" * 139 + "…"
    exact = list(verdict_lines(lost(expected="x" * 140)))
    assert exact[2] == "  expected  " + "x" * 140


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        (1.0, "1.0"),
        ("two\nlines", "two\\nlines"),
        ("é ü 猫", "é ü 猫"),
        ({"a": "caf\udce9"}, '{"a": "caf\\udce9"}'),
        (b"\xff", "\"b'\\\\xff'\""),
        (OneOf((1, 2)), '"OneOf(values=(1, 2))"'),
        ("\x1b[2J\rgone", "\\x1b[2J\\rgone"),
    ],
    ids=repr,
)
def test_a_value_is_told_on_one_line(value: Any, shown: str) -> None:
    assert list(verdict_lines(lost(found=value)))[3] == f"  found     {shown}"


def test_nothing_that_a_file_name_holds_can_break_the_report() -> None:
    name = "evil\udcff\n\x1b[31m\u202ename"
    broken = Verdict(
        (
            *lost(subject=name, expected=name, found=name).results,
            ClaimResult("store-sound", Status.UNKNOWN, note=name),
        )
    )
    text = "\n".join(scenario_lines(result(broken, notes=(name,)), REPLAY))
    assert text.encode("utf-8")
    assert len(text.splitlines()) == 9
    assert not set(text) & {"\x1b", "\u202e", "\udcff"}
    assert text.count("evil\\udcff\\n\\x1b[31m\\u202ename") == 5


# -- the rest of the text ------------------------------------------------------------------------------------------
METRIC = Metric("whole", "homes without loss", "%", "X-01", share_passing("no-loss"), 100)
TRIGGER = Trigger("lost", "records lost", "count", "X-02", findings_of("no-loss"), 0)


def test_the_gate_tells_each_reading_with_its_limit_and_the_decision_with_its_reasons() -> None:
    assert list(gate_lines("toy", decide([GOOD, lost(2)], [METRIC], [TRIGGER]))) == [
        "metrics and rollback triggers of toy",
        "  missed            50 %       >= 100  whole: homes without loss [X-01]",
        "  fired              2 count     <= 0  lost: records lost [X-02]",
        "decision for toy: ROLL BACK  (whole: missed; lost: fired; 1 case fail)",
    ]
    assert list(gate_lines("toy", decide([GOOD], [METRIC], [TRIGGER])))[-1] == "decision for toy: RELEASE"


def test_a_release_says_what_the_migrator_could_not_show() -> None:
    needing = replace(METRIC, needs="dry_run")
    lacking = decide([GOOD], [needing], [TRIGGER], lacks=frozenset({"dry_run"}))
    last = list(gate_lines("toy", lacking))[-1]
    assert last == f"decision for toy: RELEASE  (not offered: {METRIC.name})"


def test_what_was_not_measured_has_no_number() -> None:
    lines = list(gate_lines("toy", decide([], [METRIC], [])))
    assert lines[1].split()[:4] == ["not", "measured", "-", "%"]
    assert lines[2].startswith("decision for toy: HOLD")


def test_the_sandbox_line_says_why_no_stronger_one_was_taken() -> None:
    choice = Choice("bare", no_session, (("container", "no engine answers"), ("bubblewrap", "not installed")))
    lines = list(sandbox_lines(choice))
    assert lines[:3] == [
        "sandbox: bare",
        "  not container: no engine answers",
        "  not bubblewrap: not installed",
    ]
    assert lines[3].startswith("  weaker than a container: ")
    assert list(sandbox_lines(Choice("container", no_session))) == ["sandbox: container"]


def test_the_replay_command_names_what_was_not_default_and_quotes_it() -> None:
    assert replay_command(result(), {"profile": "", "cases": ""}) == "harness run toy-any --seed 7"
    asked = {"cases": "3", "home": "runs/x/cases/0001", "profile": "my tool.toml", "sandbox": "bare"}
    assert replay_command(result(), asked) == (
        "harness run toy-any --seed 7 --cases 3 --home runs/x/cases/0001 --profile 'my tool.toml' --sandbox bare"
    )


# -- as data -------------------------------------------------------------------------------------------------------
def test_a_run_as_data_holds_every_claim_and_finding() -> None:
    data = run_data(result(GOOD, lost(2), smallest=lost(), notes=("a note",)), REPLAY)
    again = json.loads(json.dumps(data, default=repr))
    assert (again["status"], again["replay"], again["notes"]) == ("fail", REPLAY, ["a note"])
    assert [case["status"] for case in again["cases"]] == ["pass", "fail"]
    assert len(again["cases"][1]["claims"]["no-loss"]["findings"]) == 2
    assert again["smallest"]["claims"]["no-loss"]["findings"] == [
        {"subject": "notes a", "expected": {"text": "A"}, "found": "no such record", "step": 0}
    ]
    assert run_data(result(GOOD), REPLAY)["smallest"] is None


def test_a_claim_that_was_not_offered_is_no_pass_in_the_data() -> None:
    claims = verdict_data(GOOD)["claims"]
    assert claims["home-restored"] == {"status": "not offered", "note": "none", "findings": []}


def test_scenarios_that_could_not_be_tried_are_named_beside_the_decision() -> None:
    names = [f"toy-fault-{number}" for number in range(5)]
    decided = decide([GOOD], [METRIC], [TRIGGER], untried=names)
    assert list(gate_lines("toy", decided))[-1] == (
        "decision for toy: RELEASE  (not tried: toy-fault-0, toy-fault-1, toy-fault-2 and 2 more)"
    )
    assert gate_data("toy", decided)["untried"] == names
    assert "and" not in list(gate_lines("toy", decide([GOOD], [METRIC], [TRIGGER], untried=names[:3])))[-1]


def test_a_decision_as_data_holds_its_readings_and_exit_status() -> None:
    data = gate_data("toy", decide([lost()], [METRIC], [TRIGGER]))
    assert (data["decision"], data["exit"]) == ("roll_back", 5)
    assert [(r["name"], r["state"], r["value"]) for r in data["readings"]] == [
        ("whole", "missed", 0.0),
        ("lost", "fired", 1.0),
    ]
