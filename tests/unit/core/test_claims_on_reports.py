"""Claims about what a migrator says, of its own work and when it is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from claim_histories import (
    CHANGED,
    COUNTS,
    FILLED,
    IDLE,
    KILLED,
    LEGACY,
    MIGRATED,
    NOTES,
    ORACLE,
    REFUSED,
    REPORT,
    RIGHT,
    ROWS,
    SELF,
    SETTLED,
    A,
    asked,
    findings_of,
    journalled,
    result_of,
    row,
    said,
    shown,
    with_notes,
)
from handwritten import PROFILE, event
from test_claims_on_ends import LOCKED

from harness.claims import CLAIMS
from harness.expectation import Note
from harness.home import Home
from harness.sut import Outcome, Verb
from harness.talk import Exchange
from harness.verdict import Status


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
