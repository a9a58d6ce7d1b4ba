"""Killed steps: when they are killed, what they show, and what every claim makes of what follows them."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
import test_way_back as way_back
from claim_histories import (
    COPIES,
    COUNTS,
    DONE,
    HALF,
    JOURNAL,
    KILLED,
    LEGACY,
    MIGRATED,
    OLD,
    REPORT,
    RIGHT,
    ROWS,
    SETTLED,
    A,
    findings_of,
    holding,
    journalled,
    result_of,
    row,
    shown,
)
from handwritten import PROFILE, event

from harness.claims import CLAIMS
from harness.history import Event, Kill
from harness.home import Home
from harness.interruption import Kills, Moment, drawn, kills_of
from harness.standing import standings
from harness.sut import Outcome
from harness.verdict import Status, judge

MISSED = replace(RIGHT, kill=Kill(0.3, landed=False, clean=MIGRATED))
PRESENT = [{**told, "outcome": "present"} for told in ROWS]


def killed_rollback(after: Home) -> Event:
    kill = Kill(0.1, landed=True, clean=journalled(LEGACY))
    return event(MIGRATED, after, do="rollback", outcome="unknown", signal=9, kill=kill)


# -- moments -------------------------------------------------------------------------------------------------------
def test_moments_are_the_same_for_the_same_seed() -> None:
    assert [drawn(Random(3), 0.2, 0.1) for _ in range(2)] == [drawn(Random(3), 0.2, 0.1)] * 2
    assert drawn(Random(3), 0.2, 0.1) != drawn(Random(4), 0.2, 0.1)


def test_most_moments_are_counted_from_the_first_change_and_some_lie_anywhere() -> None:
    random = Random(0)
    moments = [drawn(random, 0.2, 0.15) for _ in range(1000)]
    late = [moment.seconds for moment in moments if moment.since_change]
    anywhere = [moment.seconds for moment in moments if not moment.since_change]
    assert 700 < len(late) < 800
    assert min(late) < 0.002
    assert 0.048 < max(late) < 0.05
    assert min(anywhere) < 0.01
    assert 0.19 < max(anywhere) < 0.2


def test_where_a_clean_run_changes_nothing_moments_lie_anywhere() -> None:
    random = Random(0)
    assert not any(drawn(random, 0.2, None).since_change for _ in range(100))
    assert drawn(Random(1), 0.0, None) == Moment(0.0)


def test_kills_are_counted_by_what_they_met() -> None:
    idle = replace(KILLED, after=KILLED.before)
    assert kills_of([KILLED, idle, MISSED, RIGHT]) == Kills(tried=3, landed=2, in_work=1)


# -- a killed step itself ------------------------------------------------------------------------------------------
def test_a_killed_step_fails_no_claim_by_being_half_done() -> None:
    assert judge(shown(KILLED)).failed == ()


def test_a_killed_step_says_how_it_ended() -> None:
    assert KILLED.killed
    assert KILLED.ended() == "killed after 0.100 s"
    assert not MISSED.killed
    assert MISSED.ended() == "done (exit status 0)"


def test_a_killed_step_may_leave_new_files_beside_what_it_may_write_and_nowhere_else() -> None:
    beside = replace(KILLED, after=HALF.with_file("target.json.new", b"{}"))
    assert findings_of("nothing-else-changes", beside) == []
    for tree in (
        HALF.with_file("notes/a.part", b""),
        HALF.with_file("bystander", b"kept"),
        HALF.without("bystander"),
        HALF.with_kind("lock", "dir", mode=0o700),
    ):
        assert len(findings_of("nothing-else-changes", replace(KILLED, after=tree))) == 1


def test_a_step_that_was_not_killed_may_leave_no_file_beside_what_it_may_write() -> None:
    (found,) = findings_of(
        "nothing-else-changes", event(LEGACY, MIGRATED.with_file("target.json.new", b"{}"))
    )
    assert found.subject == "target.json.new"


def test_a_killed_migration_loses_no_row_that_was_there() -> None:
    old = holding({"notes": {"before": {"text": "B"}}})
    kept = replace(
        KILLED, before=old, after=holding({"notes": {"before": {"text": "B"}, "a": {"text": "A"}}})
    )
    lost = replace(KILLED, before=old, after=holding({"notes": {"a": {"text": "A"}}}))
    assert findings_of("no-loss", kept) == []
    (found,) = findings_of("no-loss", lost)
    assert found.subject == "notes before"


def test_a_killed_migration_keeps_a_copy_of_what_it_changed() -> None:
    kill = replace(KILLED, before=OLD, after=journalled(MIGRATED, b"{}"))
    assert findings_of("backup-first", kill, profile=COPIES) == []
    early = replace(kill, after=journalled(MIGRATED, b"{"))
    assert len(findings_of("backup-first", early, profile=COPIES)) == 1


def test_a_half_written_copy_is_no_more_open_than_the_whole() -> None:
    private = LEGACY.with_mode("letters/a", 0o600)
    for mode, count in ((0o600, 0), (0o644, 1)):
        half = replace(KILLED, before=private, after=private.with_file("moved/a.part", b"de", mode=mode))
        assert len(findings_of("kept-private", half)) == count
    open_to_all = replace(KILLED, after=LEGACY.with_file("moved/a.part", b"de", mode=0o644))
    assert findings_of("kept-private", open_to_all) == []
    other = replace(KILLED, before=private, after=private.with_file("moved/a.part", b"xx", mode=0o644))
    assert findings_of("kept-private", other) == []


def test_a_copy_that_a_killed_rollback_makes_may_be_as_open_as_the_file_was() -> None:
    moved = journalled(LEGACY.without("letters/a")).with_file(".local/state/m/a", b"dear", mode=0o600)
    for part in (b"", b"de", b"dear"):
        half = replace(
            killed_rollback(moved.with_file("letters/a.part", part, mode=0o644)), step=1, before=moved
        )
        assert findings_of("kept-private", event(LEGACY, moved), half) == []
        private = LEGACY.with_mode("letters/a", 0o600)
        found = findings_of("kept-private", event(private, moved), half)
        assert len(found) == (1 if part else 0)


def test_a_run_that_met_an_error_may_leave_a_log_of_the_store_that_was_not_folded_in() -> None:
    late = Kill(
        0.1, landed=True, clean=journalled(MIGRATED), fault="ENOSPC@9", operation="pwrite target.json"
    )
    done = journalled(MIGRATED)
    for left, count in ((done.with_mode("target.json", 0o600), 0), (done.with_file("stray", b""), 1)):
        settled = event(KILLED.after, left, kill=late, step=1)
        assert len(findings_of("same-as-clean-run", KILLED, settled)) == count
        plain = replace(settled, kill=None)
        assert len(findings_of("same-as-clean-run", KILLED, plain)) == 1


def test_a_step_that_met_an_error_was_cut_short_unless_it_says_how_it_ended() -> None:
    failing = Kill(0.1, landed=True, clean=journalled(MIGRATED), fault="EIO@3", operation="fsync a")
    gave_up, refused, survived = (
        replace(RIGHT, outcome=o, kill=failing) for o in ("failed", "refused", "done")
    )
    assert [one.killed for one in (gave_up, refused, survived)] == [True, False, False]
    assert all(one.hindered for one in (gave_up, refused, survived))
    assert not replace(gave_up, outcome="unknown", timed_out=True).killed
    assert gave_up.ended() == f"EIO@3 (fsync a), then failed (exit status {gave_up.status})"
    unchanged = replace(refused, before=LEGACY, after=LEGACY)
    assert findings_of("ends-as-expected", unchanged) == []
    assert len(findings_of("ends-as-expected", replace(unchanged, kill=None))) == 1


def test_a_killed_dry_run_has_written_nothing() -> None:
    (found,) = findings_of(
        "dry-run-is-clean", replace(KILLED, do="dry_run", after=LEGACY.with_file("x", b""))
    )
    assert found.subject == "x"


# -- what follows a kill -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("records", [ROWS, PRESENT, [ROWS[0], PRESENT[1]]])
def test_what_settles_a_killed_migration_may_say_present_or_migrated(records: list[object]) -> None:
    right = replace(SETTLED, report=REPORT | {"records": records})
    assert findings_of("accounted-for", KILLED, right) == []
    skipped = [row("note", "notes/a.txt", "a", "skipped"), ROWS[1]]
    assert (
        len(findings_of("accounted-for", KILLED, replace(right, report=REPORT | {"records": skipped}))) == 1
    )


def test_without_a_kill_present_is_not_migrated() -> None:
    assert len(findings_of("accounted-for", replace(RIGHT, report=REPORT | {"records": PRESENT}))) == 2


@pytest.mark.parametrize(("written", "count"), [(0, 1), (1, 0), (2, 0), (3, 1)])
def test_what_settles_a_killed_migration_may_count_its_rows_again(written: int, count: int) -> None:
    records = [PRESENT[0], ROWS[1]] if written == 1 else ROWS
    counts = COUNTS | {"written": written, "present": 2 - len(records[:written])}
    right = replace(SETTLED, report=REPORT | {"records": records, "counts": counts})
    found = [f for f in findings_of("report-is-honest", KILLED, right) if "on disk" in str(f.expected)]
    assert len(found) == count


def test_what_is_right_after_a_kill_follows_from_the_home_before_it() -> None:
    doubled = holding({"notes": {"a": {"text": "A", "rank": 1}, "a2": {"text": "A", "rank": 1}}})
    events = replace(KILLED, after=journalled(doubled)), event(journalled(doubled), journalled(doubled))
    assert [f.subject for f in findings_of("no-invention", *events)] == ["notes a2"]
    assert [f.subject for f in findings_of("same-as-clean-run", *events)] == ["notes a2"]


def test_after_a_killed_rollback_verify_need_not_miss_what_that_took_out() -> None:
    gone = event(journalled(LEGACY), do="verify", outcome="done")
    assert findings_of("verify-notices", RIGHT, killed_rollback(journalled(LEGACY)), gone) == []
    assert findings_of("verify-notices", RIGHT, gone)


def test_what_a_holder_puts_beside_the_target_for_a_while_is_nobodys_work() -> None:
    killed = replace(KILLED, step=0)
    around = HALF.with_file("target.json-wal", b"")
    held = replace(event(around, outcome="refused", conditions=frozenset({"locked"})), step=1)
    again = replace(SETTLED, step=2)
    found = dict(standings([killed, held, again]))
    assert (found[2].origin, found[2].moved) == (killed.before, False)
    added = dict(standings([killed, replace(held, conditions=frozenset()), again]))
    assert added[2].moved


def test_what_settles_a_kill_may_remove_what_the_killed_step_left() -> None:
    assert findings_of("nothing-else-changes", KILLED, SETTLED) == []
    (found,) = findings_of("nothing-else-changes", KILLED, event(HALF, DONE.without("bystander")))
    assert found.subject == "bystander"


@pytest.mark.parametrize("outcome", ["done", "refused", "attention", "partial"])
def test_verbs_that_look_may_end_any_defined_way_after_a_kill(outcome: Outcome) -> None:
    assert findings_of("ends-as-expected", KILLED, event(HALF, do="verify", outcome=outcome)) == []
    (found,) = findings_of("ends-as-expected", KILLED, event(HALF, do="verify", outcome="failed"))
    assert found.step == 1


@pytest.mark.parametrize("outcome", ["refused", "failed", "unknown"])
def test_a_migration_after_a_kill_must_finish(outcome: Outcome) -> None:
    (found,) = findings_of("ends-as-expected", KILLED, event(HALF, outcome=outcome))
    assert (found.expected, found.step) == ("done", 1)


def test_a_rollback_after_a_killed_migration_restores_the_start() -> None:
    assert findings_of("home-restored", KILLED, event(HALF, journalled(LEGACY), do="rollback")) == []
    stale = event(HALF, journalled(LEGACY).with_file("moved/a.part", b"de"), do="rollback")
    assert [f.subject for f in findings_of("home-restored", KILLED, stale)] == ["moved", "moved/a.part"]


def test_a_rollback_after_a_killed_rollback_restores_the_start() -> None:
    half = killed_rollback(MIGRATED.without("moved/a"))
    assert findings_of("home-restored", RIGHT, half, event(half.after, LEGACY, do="rollback")) == []
    forgot = event(half.after, do="rollback")
    assert "target.json" in {f.subject for f in findings_of("home-restored", RIGHT, half, forgot)}
    assert "target.json" in {f.subject for f in findings_of("same-as-clean-run", RIGHT, half, forgot)}


def test_a_migration_after_a_killed_rollback_ends_where_the_migration_had_ended() -> None:
    half = killed_rollback(MIGRATED.without("moved/a"))
    assert findings_of("same-as-clean-run", RIGHT, half, event(half.after, MIGRATED)) == []
    idle = event(half.after)
    assert [f.subject for f in findings_of("same-as-clean-run", RIGHT, half, idle)] == ["moved/a"]
    assert [f.subject for f in findings_of("no-stranding", RIGHT, half, idle)] == ["moved/a"]


def test_the_store_may_have_other_bytes_but_neither_another_mode_nor_other_records() -> None:
    spaced = DONE.with_file("target.json", DONE.content("target.json") + b" ")
    assert findings_of("same-as-clean-run", KILLED, event(HALF, spaced)) == []
    opened = event(HALF, DONE.with_mode("target.json", 0o600))
    assert [f.subject for f in findings_of("same-as-clean-run", KILLED, opened)] == ["target.json"]
    emptied = event(HALF, DONE.with_file("target.json", b'{"notes": {}}'))
    assert [f.subject for f in findings_of("same-as-clean-run", KILLED, emptied)] == ["notes a"]


def test_two_kills_are_judged_by_the_first() -> None:
    again = replace(KILLED, before=HALF, after=LEGACY, kill=Kill(0.1, landed=True, clean=LEGACY))
    assert findings_of("same-as-clean-run", KILLED, again, event(LEGACY, DONE)) == []
    assert findings_of("no-loss", KILLED, again, event(LEGACY, DONE)) == []


def test_a_settled_interruption_is_over() -> None:
    later = event(DONE, report=REPORT | {"changed": False, "records": PRESENT})
    assert len(findings_of("accounted-for", KILLED, replace(SETTLED, report=REPORT), later)) == 2


# -- where a kill shows nothing ------------------------------------------------------------------------------------
def test_a_kill_that_missed_is_an_ordinary_step() -> None:
    result = result_of("same-as-clean-run", shown(MISSED, event(MIGRATED)))
    assert (result.status, result.note) == (Status.NOT_OFFERED, "no step was killed")
    (found,) = findings_of("no-stranding", replace(MISSED, after=MIGRATED.without("moved/a")))
    assert found.subject == "moved/a"


@pytest.mark.parametrize(
    "rest",
    [
        (),
        (event(HALF, outcome="refused"),),
        (event(HALF, journalled(LEGACY), do="rollback"),),
        (event(HALF, do="verify"),),
    ],
)
def test_without_a_run_that_settles_it_the_end_is_not_judged(rest: tuple[Event, ...]) -> None:
    assert result_of("same-as-clean-run", shown(KILLED, *rest)).status is Status.NOT_OFFERED


def test_where_the_clean_run_failed_there_is_nothing_to_compare_with() -> None:
    kill = replace(KILLED, kill=Kill(0.1, landed=True))
    assert result_of("same-as-clean-run", shown(kill, SETTLED)).status is Status.NOT_OFFERED


def test_where_others_changed_the_home_after_a_kill_it_is_judged_as_they_left_it() -> None:
    theirs = HALF.with_file("legacy", b"other")
    assert findings_of("no-stranding", KILLED, event(theirs, DONE.without("moved/a"))) == []


def test_where_others_changed_the_home_after_a_kill_no_clean_run_shows_the_end() -> None:
    theirs = HALF.with_file("letters/a", b"dear and dearer")
    moved = KILLED, event(theirs, DONE.with_file("letters/a", b"dear and dearer"))
    assert result_of("same-as-clean-run", shown(*moved)).status is Status.NOT_OFFERED
    assert result_of("same-as-clean-run", shown(KILLED, SETTLED)).status is Status.PASS


def test_a_killed_rollback_with_nothing_to_take_back_says_nothing_of_the_next_migration() -> None:
    idle = replace(killed_rollback(LEGACY), before=LEGACY)
    assert result_of("same-as-clean-run", shown(idle, event(LEGACY, MIGRATED))).status is Status.NOT_OFFERED


def test_a_kill_that_came_when_all_was_done_does_not_keep_a_backup_from_being_pruned() -> None:
    late = replace(KILLED, after=journalled(MIGRATED))
    pruned = event(late.after, late.after.without(JOURNAL), do="prune_now")
    assert findings_of("retention-kept", late, pruned) == []
    again = replace(late, before=pruned.after, after=journalled(MIGRATED, b"3"))
    assert findings_of("backup-first", late, pruned, again, profile=COPIES) == []
    early = replace(KILLED, after=HALF)
    assert len(findings_of("retention-kept", early, event(HALF, HALF.without(JOURNAL), do="prune_now"))) == 1


def test_what_others_change_elsewhere_after_a_kill_counts_as_if_it_had_been_so_from_the_start() -> None:
    half = replace(KILLED, before=OLD, after=kept_copy(OLD, journalled(holding({"notes": {"a": A}}))))
    theirs = half.after.with_file("letters/b", b"new").without("bystander")
    done = event(theirs, theirs.with_file("target.json", b'{"notes": {}}'))
    assert findings_of("backup-first", half, done, profile=COPIES) == []
    origin = shown(half, done).standing(shown(half, done).history.events[1]).origin
    assert (origin.get("target.json"), origin.get("letters/b"), origin.get("bystander")) == (
        OLD.get("target.json"),
        theirs.get("letters/b"),
        None,
    )
    mixed = holding({"notes": {"b": A}})
    events = shown(half, event(mixed)).history.events
    assert shown(*events).standing(events[1]).origin == mixed


def kept_copy(old: Home, tree: Home) -> Home:
    return tree.with_file(".local/state/m/backup", old.content("target.json"), mode=0o600)


@pytest.mark.parametrize("name", CLAIMS)
def test_a_right_course_of_kills_fails_no_claim(name: str) -> None:
    again = replace(KILLED, before=HALF, after=HALF)
    half = replace(killed_rollback(DONE.without("moved/a")), before=DONE)
    back = event(half.after, journalled(LEGACY), do="rollback")
    course = (KILLED, again, event(HALF, do="verify", outcome="attention"), SETTLED, half, back)
    result = result_of(name, shown(*course, profile=PROFILE))
    if name not in {"accounted-for", "losses-told", "report-is-honest"}:  # nothing is reported here
        assert result.status is not Status.FAIL, result.findings


# -- a rollback that is killed over others' work, and a migration after it ------------------------------------------
UNDOING = event(
    way_back.WORKED,
    way_back.WORKED,
    do="rollback",
    outcome="unknown",
    signal=9,
    kill=Kill(0.1, landed=True, clean=way_back.EXPORTED),
)
REDONE = way_back.holding(way_back.MIGRATED, [way_back.OLD, way_back.A, way_back.B], [way_back.OWN])


@pytest.mark.parametrize("name", CLAIMS)
@pytest.mark.parametrize(
    "after",
    [way_back.exported(REDONE, "remarks", way_back.HANGING), way_back.WORKED],
    ids=["taken out", "left"],
)
def test_a_migration_after_it_may_leave_what_others_did_or_export_it(name: str, after: Home) -> None:
    case = way_back.shown(way_back.RIGHT, UNDOING, event(way_back.WORKED, after))
    result = result_of(name, case)
    assert result.status is not Status.FAIL, result.findings


def test_a_rollback_after_it_may_leave_the_store_in_other_bytes_but_not_with_other_rows() -> None:
    spaced = way_back.EXPORTED.with_file("target.json", way_back.EXPORTED.content("target.json") + b" ")
    opened = spaced.with_mode("target.json", 0o600)
    for after, right in ((way_back.EXPORTED, True), (spaced, True), (REDONE, False), (opened, False)):
        case = way_back.shown(way_back.RIGHT, UNDOING, event(way_back.WORKED, after, do="rollback"))
        assert (result_of("same-as-clean-run", case).status is Status.PASS) is right


def test_a_migration_after_it_may_not_lose_what_others_did() -> None:
    case = way_back.shown(way_back.RIGHT, UNDOING, event(way_back.WORKED, REDONE))
    (found,) = result_of("rollback-keeps-new-work", case).findings
    assert (found.subject, found.step) == ("remarks r-a", 2)


def test_a_migration_after_it_must_not_refuse() -> None:
    case = way_back.shown(way_back.RIGHT, UNDOING, event(way_back.WORKED, outcome="refused"))
    (found,) = result_of("ends-as-expected", case).findings
    assert (found.expected, found.step) == ("done or partial", 2)


def test_once_it_is_settled_the_next_migration_is_judged_as_ever() -> None:
    again = event(way_back.WORKED, way_back.WORKED.without("moved/a"))
    case = way_back.shown(way_back.RIGHT, UNDOING, event(way_back.WORKED), again)
    assert [(f.subject, f.step) for f in result_of("no-stranding", case).findings] == [("moved/a", 3)]
