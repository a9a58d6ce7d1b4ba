"""Claims about second runs, rollbacks and what is kept for them."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from claim_histories import (
    BACK,
    COPIES,
    HALF,
    IDLE,
    KILLED,
    LEGACY,
    LOCKED,
    MIGRATED,
    NOTES,
    OLD,
    REFUSED,
    REPORT,
    RIGHT,
    findings_of,
    holding,
    journalled,
    result_of,
    shown,
)
from handwritten import BORN, event

from harness.history import Event, Kill
from harness.verdict import Status


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


def test_restoring_by_hand_must_come_to_its_end_and_may_move_the_times_of_folders() -> None:
    later = LEGACY.with_mode(".", 0o700)
    moved = replace(
        LEGACY, entries={**later.entries, ".": msgspec.structs.replace(later.entries["."], mtime_ns=1)}
    )
    assert findings_of("restorable-by-hand", KILLED, event(HALF, moved, do="restore")) == []
    failed = event(HALF, journalled(LEGACY), do="restore", outcome="failed")
    assert [f.subject for f in findings_of("restorable-by-hand", KILLED, failed)] == ["step 1: restore"]


def test_where_there_is_no_program_to_restore_with_nothing_is_said_of_the_backup() -> None:
    poor = event(HALF, do="restore", outcome="unknown", status=127, stderr="sh: 1: tar: not found\n")
    result = result_of("restorable-by-hand", shown(KILLED, poor))
    assert (result.status, result.note) == (
        Status.UNKNOWN,
        "the sandbox lacks a program that the text calls for: sh: 1: tar: not found",
    )


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
