"""Rollbacks and prunes on histories written by hand, when others have worked on: what is claimed, and what is not.

Notes are migrated; remarks hang from them by a foreign key.  ``b`` and its remark are the work of others.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from handwritten import PROFILE, event, evidence, home, stored

from harness.claims import Finding
from harness.evidence import Evidence
from harness.expectation import Expectation
from harness.history import Event, Kill
from harness.home import Home, digest_of
from harness.stored import Stored
from harness.sut import Outcome
from harness.verdict import Status, judge

EXPORTING = msgspec.structs.replace(PROFILE, exports="rows", backup="copies", reports=False)
OLD = {"id": "old", "text": "was here"}
A = {"id": "a", "text": "A"}
B = {"id": "b", "text": "B"}
OWN = {"id": "r-b", "of": "b"}
HANGING = {"id": "r-a", "of": "a"}
EXPORT = ".local/state/m/1/export"
COPY = "moved/a"
EXPECTED = Expectation(
    record_tables=frozenset({"notes"}),
    tables={"notes": {"old": OLD, "a": A}, "remarks": {}},
    files={COPY: digest_of(b"dear")},
    writable=frozenset({"target.json", "moved/"}),
)
START = home({"legacy": "one", "target.json": stored({"notes": {"old": OLD}, "remarks": {}})}).with_file(
    ".local/state/m/own", b"", mode=0o600
)


def holding(tree: Home, notes: list[dict[str, Any]], remarks: list[dict[str, Any]] | None = None) -> Home:
    tables = {
        "notes": {row["id"]: row for row in notes},
        "remarks": {row["id"]: row for row in remarks or []},
    }
    return tree.with_file("target.json", stored(tables).encode())


def kept(tree: Home, name: str, content: bytes | str) -> Home:
    content = content.encode() if isinstance(content, str) else content
    tree = tree.with_file(f".local/state/m/1/{name}", content, mode=0o600)
    for folder in [path for path in tree.entries if path.startswith(".local/state/m")]:
        if tree.entries[folder].kind == "dir":
            tree = tree.with_mode(folder, 0o700)
    return tree


def exported(tree: Home, table: str, *rows: Any) -> Home:
    return kept(tree, f"export/{table}.jsonl", "".join(json.dumps(row) + "\n" for row in rows))


MIGRATED = kept(holding(START, [OLD, A]), "backup", START.content("target.json")).with_file(COPY, b"dear")
BACK = kept(START, "backup", START.content("target.json"))
RIGHT = event(START, MIGRATED)
WORKED = holding(MIGRATED, [OLD, A, B], [HANGING, OWN])
TAKEN = holding(BACK, [OLD, B], [OWN])
EXPORTED = exported(TAKEN, "remarks", HANGING)


def rolled_back(before: Home, after: Home, outcome: Outcome = "done") -> Event:
    return event(before, after, do="rollback", outcome=outcome)


def shown(*events: Event, profile: Any = EXPORTING) -> Evidence:
    return evidence(
        *events, oracle={"one": EXPECTED, "one+locked": Expectation(frozenset({"locked"}))}, profile=profile
    )


def findings_of(claim: str, *events: Event, **more: Any) -> list[Finding]:
    (result,) = judge(shown(*events, **more), [claim]).results
    assert result.note == "", result
    return list(result.findings)


def subjects(claim: str, *events: Event, **more: Any) -> list[str]:
    return [found.subject for found in findings_of(claim, *events, **more)]


def failed(*events: Event) -> tuple[str, ...]:
    return judge(shown(*events)).failed


def test_a_right_rollback_over_others_work_fails_no_claim() -> None:
    verdict = judge(shown(RIGHT, rolled_back(WORKED, EXPORTED), rolled_back(EXPORTED, EXPORTED)))
    assert verdict.failed == (), verdict.findings
    unknown = [result for result in verdict.results if result.status is Status.UNKNOWN]
    assert unknown == []


# -- nothing of theirs is lost -------------------------------------------------------------------------------------
def lost(after: Home, before: Home = WORKED) -> list[str]:
    return subjects("rollback-keeps-new-work", RIGHT, rolled_back(before, after))


def test_what_hung_from_a_migrated_row_must_be_exported() -> None:
    (found,) = findings_of("rollback-keeps-new-work", RIGHT, rolled_back(WORKED, TAKEN))
    assert (found.subject, found.expected, found.found) == (
        "remarks r-a",
        HANGING,
        "neither there nor exported",
    )


def test_a_row_in_the_export_must_be_the_row_column_for_column() -> None:
    without = exported(TAKEN, "remarks", {"id": "r-a"})
    (found, stray) = findings_of("rollback-keeps-new-work", RIGHT, rolled_back(WORKED, without))
    assert (found.subject, found.found) == ("remarks r-a", {"id": "r-a"})
    assert (stray.subject, stray.found) == ("export of remarks", {"id": "r-a"})
    assert lost(exported(TAKEN, "remarks", HANGING | {"more": 1})) == ["remarks r-a", "export of remarks"]
    assert lost(exported(TAKEN, "remarks", HANGING | {"of": 7})) == ["remarks r-a", "export of remarks"]


def test_a_changed_row_of_ours_is_exported_as_it_was_last() -> None:
    latest = A | {"text": "mine"}
    before = holding(MIGRATED, [OLD, latest])
    assert lost(exported(BACK, "notes", latest), before) == []
    assert lost(exported(BACK, "notes", A), before) == ["notes a", "export of notes"]


def test_a_row_that_is_as_the_migration_wrote_it_need_not_be_exported_and_may_be() -> None:
    assert lost(EXPORTED) == []
    assert lost(exported(EXPORTED, "notes", A)) == []


def test_what_was_there_before_and_changed_since_counts_as_others_work() -> None:
    newer = OLD | {"text": "changed"}
    before = holding(MIGRATED, [newer, A])
    assert lost(holding(BACK, [newer]), before) == []
    assert lost(BACK, before) == ["notes old"]
    assert lost(exported(BACK, "notes", newer), before) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (json.dumps(HANGING), "no line end: the line may be cut short"),
        (json.dumps(HANGING) + "\n" + '{"id": "r-a", "o', "no line end: the line may be cut short"),
        ((json.dumps(HANGING) + "\n") * 2, "the same row again"),
        (json.dumps(HANGING) + "\n[1]\n", "not a JSON object"),
        (json.dumps(HANGING) + '\n{"id": 1, "id": 1}\n', "a column stands twice"),
        (json.dumps(HANGING) + '\n{"id": NaN}\n', "NaN is not JSON"),
        (json.dumps(HANGING) + '\n{"id": true}\n', "id is true, which no column can hold"),
        (json.dumps(HANGING) + '\n{"id": {"hex": "00"}}\n', 'id is an object other than {"base64": "..."}'),
        (json.dumps(HANGING) + "\n\n", "Expecting value: line 1 column 1 (char 0)"),
    ],
)
def test_a_line_that_is_no_whole_row_is_told(text: str, reason: str) -> None:
    after = kept(TAKEN, "export/remarks.jsonl", text)
    told = findings_of("rollback-keeps-new-work", RIGHT, rolled_back(WORKED, after))
    assert reason in [found.found for found in told]
    assert told[0].subject.startswith(f"{EXPORT}/remarks.jsonl:")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("\udcff\udcfe", {"base64": "//4="}),
        ('山田 \u2028\x00"', '山田 \u2028\x00"'),
        (2**53 + 1, 2**53 + 1),
        (1.5, 1.5),
        (1.0, 1.0),
        (None, None),
    ],
)
def test_each_value_has_one_form(value: Any, said: Any) -> None:
    before = holding(MIGRATED, [OLD, A], [HANGING | {"more": value}])
    assert lost(exported(BACK, "remarks", HANGING | {"more": said}), before) == []
    assert lost(exported(BACK, "remarks", HANGING | {"more": repr(said)}), before) != []


@pytest.mark.parametrize(
    ("value", "said"), [(1, 1.0), (1.0, 1), ("1", 1), ("", None), ("x", {"base64": "eA=="})]
)
def test_a_value_of_another_kind_is_another_value(value: Any, said: Any) -> None:
    before = holding(MIGRATED, [OLD, A], [HANGING | {"more": value}])
    assert lost(exported(BACK, "remarks", HANGING | {"more": said}), before) != []


def test_an_export_counts_only_below_what_is_kept_and_of_this_rollback() -> None:
    line = json.dumps(HANGING) + "\n"
    assert lost(TAKEN.with_file("export/remarks.jsonl", line.encode())) == ["remarks r-a"]
    stale = [exported(tree, "remarks", HANGING) for tree in (MIGRATED, WORKED, TAKEN)]
    steps = event(START, stale[0]), rolled_back(stale[1], stale[2])
    assert subjects("rollback-keeps-new-work", *steps) == ["remarks r-a"]


def test_a_migrator_that_does_not_export_keeps_everything_in_place_or_refuses() -> None:
    told = subjects("rollback-keeps-new-work", RIGHT, rolled_back(WORKED, EXPORTED), profile=PROFILE)
    assert told == ["remarks r-a"]
    for outcome in ("done", "refused"):
        steps = RIGHT, rolled_back(WORKED, WORKED, outcome)  # type: ignore[arg-type]
        assert subjects("rollback-keeps-new-work", *steps, profile=PROFILE) == []
        assert subjects("ends-as-expected", *steps, profile=PROFILE) == []


def test_a_copy_that_was_written_to_must_be_kept_or_exported() -> None:
    longer = MIGRATED.with_file(COPY, b"dear, and more")
    assert lost(kept(BACK, "export/files/moved/a", b"dear, and more"), longer) == []
    assert lost(kept(BACK, "export/files/moved/a", b"dear, and"), longer) == [COPY]
    assert lost(BACK.with_file(COPY, b"dear, and more"), longer) == []
    assert lost(BACK) == ["notes b", "remarks r-a", "remarks r-b"]


def test_work_between_two_migrations_is_others_work_too() -> None:
    second = kept(WORKED, "second", b"")
    steps = RIGHT, event(WORKED, second), rolled_back(second, BACK)
    assert subjects("rollback-keeps-new-work", *steps) == ["notes b", "remarks r-a", "remarks r-b"]


def test_a_rollback_that_crashed_is_asked_too_and_one_that_was_killed_is_not_yet() -> None:
    crashed = event(WORKED, BACK, do="rollback", outcome="unknown", status=1)
    assert subjects("rollback-keeps-new-work", RIGHT, crashed) == ["notes b", "remarks r-a", "remarks r-b"]
    killed = event(WORKED, TAKEN, do="rollback", outcome="unknown")
    assert "rollback-keeps-new-work" not in failed(RIGHT, killed)
    assert subjects("rollback-keeps-new-work", RIGHT, killed, rolled_back(TAKEN, TAKEN)) == ["remarks r-a"]
    assert subjects("rollback-keeps-new-work", RIGHT, killed, rolled_back(TAKEN, EXPORTED)) == []


# -- only what was migrated goes -----------------------------------------------------------------------------------
def taken(after: Home, before: Home = WORKED) -> list[str]:
    return subjects("rollback-takes-back", RIGHT, rolled_back(before, after))


def test_what_was_migrated_is_gone_with_what_hangs_from_it() -> None:
    assert taken(EXPORTED) == []
    assert taken(holding(EXPORTED, [OLD, A, B], [OWN])) == ["notes a"]
    assert taken(holding(EXPORTED, [OLD, B], [OWN, HANGING])) == ["remarks r-a"]
    assert taken(EXPORTED.with_file(COPY, b"dear")) == [COPY]


def test_what_stands_alone_stays_even_where_it_was_exported() -> None:
    all_of_it = exported(exported(BACK, "remarks", HANGING, OWN), "notes", B)
    assert lost(all_of_it) == []
    assert taken(all_of_it) == ["notes b", "remarks r-b"]


def test_what_was_there_before_stays_in_its_latest_state() -> None:
    before = holding(MIGRATED, [OLD | {"text": "changed"}, A])
    assert taken(holding(BACK, [OLD | {"text": "changed"}]), before) == []
    assert taken(exported(BACK, "notes", OLD | {"text": "changed"}), before) == ["notes old"]


def test_what_others_deleted_does_not_come_back() -> None:
    before = holding(MIGRATED, [A])
    assert taken(holding(BACK, []), before) == []
    assert taken(holding(BACK, [OLD]), before) == ["notes old"]


def test_a_number_that_others_were_given_is_not_given_out_again() -> None:
    def counting(tree: Home, highest: int) -> Home:
        return tree.with_file("counters", json.dumps({"notes": highest}).encode())

    assert taken(counting(EXPORTED, 7), counting(WORKED, 7)) == []
    assert taken(counting(EXPORTED, 8), counting(WORKED, 7)) == []
    assert taken(counting(EXPORTED, 6), counting(WORKED, 7)) == ["notes: highest number"]
    assert taken(EXPORTED, counting(WORKED, 7)) == ["notes: highest number"]
    assert "notes: highest number" not in taken(EXPORTED.without("target.json"), counting(WORKED, 7))


def test_rows_of_others_go_with_a_table_that_the_migration_made_and_only_with_it() -> None:
    start = START.with_file("target.json", stored({"notes": {"old": OLD}}).encode())
    made = rolled_back(WORKED, exported(holding(BACK, [OLD, B]), "remarks", HANGING, OWN))
    dropped = made.after.with_file("target.json", stored({"notes": {"old": OLD, "b": B}}).encode())
    events = event(start, MIGRATED), rolled_back(WORKED, dropped)
    assert subjects("rollback-takes-back", *events) == []
    assert subjects("rollback-takes-back", events[0], made) == ["remarks r-b"]
    assert subjects("rollback-takes-back", RIGHT, events[1]) == ["remarks r-b"]
    unexported = holding(BACK, [OLD, B]).with_file("target.json", dropped.content("target.json"))
    assert "rollback-keeps-new-work" in failed(events[0], rolled_back(WORKED, unexported))


def test_others_files_stay() -> None:
    before = WORKED.with_file("moved/theirs", b"t")
    assert taken(EXPORTED.with_file("moved/theirs", b"t"), before) == []
    assert taken(EXPORTED, before) == ["moved/theirs"]


def test_with_nothing_left_to_take_back_nothing_changes() -> None:
    steps = RIGHT, rolled_back(WORKED, EXPORTED)
    assert subjects("rollback-takes-back", *steps, rolled_back(EXPORTED, EXPORTED)) == []
    more = rolled_back(EXPORTED, holding(EXPORTED, [OLD]))
    assert subjects("rollback-takes-back", *steps, more) == ["target.json"]
    noted = rolled_back(EXPORTED, kept(EXPORTED, "journal", b"again"))
    assert subjects("rollback-takes-back", *steps, noted) == [".local/state/m/1/journal"]


def test_after_a_migration_that_changed_only_what_is_kept_a_rollback_may_note_something() -> None:
    tried = event(START, kept(START, "journal", b"failed"), outcome="failed")
    noted = rolled_back(tried.after, kept(START, "journal", b"failed, noted"))
    assert "rollback-takes-back" not in failed(tried, noted)


def test_each_migration_after_a_rollback_begins_a_new_account() -> None:
    again = event(
        EXPORTED,
        exported(
            WORKED.with_file(
                "target.json",
                stored({"notes": {"old": OLD, "a": A, "b": B}, "remarks": {"r-b": OWN}}).encode(),
            ),
            "remarks",
            HANGING,
        ),
    )
    steps = RIGHT, rolled_back(WORKED, EXPORTED), again, rolled_back(again.after, EXPORTED)
    assert subjects("rollback-takes-back", *steps) == []
    assert subjects("home-restored", *steps) == []
    greedy = rolled_back(again.after, holding(EXPORTED, [OLD]))
    assert subjects("home-restored", *steps[:3], greedy) == ["target.json"]


def test_a_folder_stays_that_holds_what_others_left_in_it() -> None:
    before = MIGRATED.with_file("moved/theirs", b"t")
    after = BACK.with_file("moved/theirs", b"t")
    assert subjects("home-restored", RIGHT, rolled_back(before, after)) == []
    assert subjects("home-restored", RIGHT, rolled_back(before, BACK.with_kind("moved", "dir"))) == ["moved"]


# -- how a rollback and a verify end -------------------------------------------------------------------------------
def ends(*events: Event, **more: Any) -> list[str]:
    return [found.expected for found in findings_of("ends-as-expected", *events, **more)]


def wanted(before: Home, *events: Event, do: Any = "rollback", **more: Any) -> set[Outcome]:
    outcomes: tuple[Outcome, ...] = ("done", "refused", "partial", "failed", "attention")
    return {one for one in outcomes if not ends(*events, event(before, do=do, outcome=one, **more))}


LOCKED = frozenset({"locked"})


def test_a_rollback_over_others_work_is_done() -> None:
    assert wanted(WORKED, RIGHT) == {"done"}
    assert wanted(MIGRATED, RIGHT) == {"done"}
    assert wanted(START) == {"done"}


def test_a_rollback_is_refused_while_somebody_is_at_work() -> None:
    assert wanted(MIGRATED, RIGHT, conditions=LOCKED) == {"refused"}
    assert wanted(BACK, RIGHT, rolled_back(MIGRATED, BACK), conditions=LOCKED) == {"done", "refused"}


def test_a_rollback_may_be_refused_where_nothing_can_be_written_any_more() -> None:
    closed = MIGRATED.with_mode("target.json", 0o400)
    assert wanted(closed, RIGHT) == {"done", "refused"}
    assert wanted(MIGRATED.with_mode(".", 0o500), RIGHT) == {"done", "refused"}


def test_a_rollback_may_be_refused_over_a_damaged_store_whose_rows_can_be_read() -> None:
    assert wanted(MIGRATED.with_file("damage", b"page 3: never used"), RIGHT) == {"done", "refused"}
    assert wanted(MIGRATED.with_file("problems", b"integrity check: in a row"), RIGHT) == {"done"}


def test_a_rollback_of_what_was_killed_may_find_nothing_to_take_back_while_somebody_is_at_work() -> None:
    killed = event(START, MIGRATED, outcome="unknown", kill=Kill(0.1, landed=True))
    assert wanted(MIGRATED, killed, conditions=LOCKED) == {"done", "refused"}
    assert wanted(MIGRATED, killed, RIGHT, conditions=LOCKED) == {"refused"}


def test_a_rollback_is_refused_once_the_schema_has_moved_for_as_long_as_it_has() -> None:
    moved = MIGRATED.with_file("shape", b"13")
    assert wanted(moved, RIGHT) == {"refused"}
    assert wanted(moved, RIGHT, rolled_back(moved, moved, "refused")) == {"refused"}
    assert wanted(MIGRATED, RIGHT, rolled_back(moved, moved, "refused")) == {"done"}


@pytest.mark.parametrize(("clean", "told"), [(EXPORTED, False), (BACK, True), (None, True)])
def test_after_a_killed_rollback_that_had_ended_verify_has_nothing_to_notice(
    clean: Home | None, told: object
) -> None:
    kill = Kill(0.1, landed=True, clean=clean)
    killed = event(WORKED, EXPORTED, do="rollback", outcome="unknown", kill=kill)
    nothing_to_do, look = event(EXPORTED, EXPORTED), event(EXPORTED, EXPORTED, do="verify")
    assert ("verify-notices" in failed(RIGHT, killed, nothing_to_do, look)) is told


def test_a_killed_rollback_that_had_put_the_schema_back_is_ended_and_not_refused() -> None:
    made, worked = (tree.with_file("shape", b"4") for tree in (MIGRATED, WORKED))
    killed = event(worked, EXPORTED, do="rollback", outcome="unknown", kill=Kill(0.1, landed=True))
    assert wanted(EXPORTED, event(START, made), killed) == {"done"}
    assert wanted(EXPORTED, event(START, made)) == {"refused"}


def test_a_rollback_is_refused_over_a_damaged_backup_for_as_long_as_it_is_needed() -> None:
    torn = kept(MIGRATED, "backup", b"half")
    assert wanted(torn, RIGHT) == {"refused"}
    assert wanted(torn, RIGHT, rolled_back(torn, torn, "refused")) == {"refused"}
    over = kept(BACK, "backup", b"half")
    assert wanted(over, RIGHT, rolled_back(MIGRATED, BACK), rolled_back(over, over)) == {"done"}


def test_over_the_damaged_backup_of_an_earlier_run_the_later_one_may_be_taken_back() -> None:
    two = kept(holding(MIGRATED, [OLD, A, B]), "second", b"2")
    steps = RIGHT, event(MIGRATED, two)
    assert wanted(kept(two, "backup", b"half"), *steps) == {"attention", "refused"}
    assert wanted(kept(two, "second", b""), *steps) == {"refused"}
    torn = kept(two, "backup", b"half")
    partly = rolled_back(torn, holding(torn, [OLD, A]), "attention")
    assert wanted(partly.after, *steps, partly) == {"refused"}


def test_a_rollback_over_a_store_or_copy_that_nobody_can_read_may_refuse() -> None:
    assert wanted(MIGRATED.with_file("target.json", b"["), RIGHT) == {"done", "refused"}
    assert wanted(MIGRATED.without("target.json"), RIGHT) == {"done", "refused"}
    assert wanted(MIGRATED.with_mode(COPY, 0), RIGHT) == {"done", "refused"}


def test_verify_notices_what_was_migrated_and_not_what_others_added() -> None:
    assert wanted(WORKED, RIGHT, do="verify") == {"done"}
    for altered in (
        holding(MIGRATED, [OLD]),
        holding(MIGRATED, [OLD, A | {"text": "mine"}]),
        MIGRATED.with_file(COPY, b"longer"),
        MIGRATED.without(COPY),
    ):
        assert wanted(altered, RIGHT, do="verify") == {"attention"}
        assert wanted(altered, RIGHT, do="verify", conditions=LOCKED) == {"attention", "refused"}
    assert wanted(holding(BACK, []), RIGHT, rolled_back(MIGRATED, BACK), do="verify") == {"done"}


NEWER = holding(MIGRATED, [OLD | {"text": "ours too"}, A | {"text": "newer"}, B])
UPDATE = event(MIGRATED, NEWER)


def test_what_a_later_run_wrote_anew_is_what_was_migrated() -> None:
    grown = holding(NEWER, [OLD | {"text": "ours too"}, A | {"text": "newer"}, B], [OWN])
    assert wanted(grown, RIGHT, UPDATE, do="verify") == {"done"}
    for row in (A, OLD):
        altered = holding(NEWER, [row, *([OLD] if row is A else [A]), B])
        assert wanted(altered, RIGHT, UPDATE, do="verify") == {"attention"}
    assert "notes old" not in lost_after_update(holding(grown, [OLD, A | {"text": "newer"}, B], [OWN]), grown)


def lost_after_update(after: Home, before: Home) -> list[str]:
    return subjects("rollback-keeps-new-work", RIGHT, UPDATE, rolled_back(before, after))


def test_what_a_later_run_left_as_others_had_made_it_is_theirs() -> None:
    theirs = holding(MIGRATED, [OLD, A | {"text": "mine"}])
    second = event(theirs, holding(theirs, [OLD, A | {"text": "mine"}, B]))
    after = holding(MIGRATED, [OLD, A | {"text": "mine again"}, B])
    assert wanted(after, RIGHT, second, do="verify") == {"done", "attention"}


def test_what_follows_from_other_rows_is_no_alteration() -> None:
    counted = Stored(derived={"notes": frozenset({"count"})})
    assert counted.says_the_same("notes", A | {"count": 1}, A | {"count": 2})
    assert not counted.says_the_same("remarks", A | {"count": 1}, A | {"count": 2})
    assert not counted.says_the_same("notes", A | {"count": 1}, B | {"count": 1})
    assert not counted.says_the_same("notes", A, None)


def test_verify_may_notice_that_what_is_kept_was_damaged() -> None:
    marred = kept(MIGRATED, "backup", b"cut")
    assert wanted(marred, RIGHT, do="verify") == {"done", "attention"}


def test_verify_notices_also_what_was_altered_before_a_prune() -> None:
    altered = holding(MIGRATED, [OLD])
    assert wanted(altered, RIGHT, event(altered, do="prune_now"), do="verify") == {"attention"}


# -- prunes --------------------------------------------------------------------------------------------------------
PRUNED = MIGRATED.without(".local/state/m/1")
PRUNE = event(MIGRATED, PRUNED, do="prune_now")


def test_backups_go_when_their_retention_ends() -> None:
    assert failed(RIGHT, event(MIGRATED, do="prune"), PRUNE, event(PRUNED, do="prune_now")) == ()


def test_a_prune_touches_nothing_that_is_young() -> None:
    assert subjects("retention-kept", RIGHT, event(MIGRATED, PRUNED, do="prune")) == [
        ".local/state/m/1",
        ".local/state/m/1/backup",
    ]


def test_a_prune_touches_nothing_but_what_is_kept() -> None:
    greedy = event(MIGRATED, PRUNED.without(COPY), do="prune_now")
    assert subjects("retention-kept", RIGHT, greedy) == [COPY]
    assert subjects("nothing-else-changes", RIGHT, greedy) == [COPY]


def test_a_second_prune_finds_nothing_more() -> None:
    more = event(PRUNED, kept(PRUNED, "journal", b"again"), do="prune_now")
    assert subjects("retention-kept", RIGHT, PRUNE, more) == [".local/state/m/1", ".local/state/m/1/journal"]


@pytest.mark.parametrize("said", ["backup", "export"])
@pytest.mark.parametrize("above", ["", "/home/u/"])
def test_of_what_a_report_named_a_prune_leaves_nothing(said: str, above: str) -> None:
    told = replace(RIGHT, report={said: f"{above}.local/state/m/1/backup"})
    forgetful = event(MIGRATED, do="prune_now")
    assert subjects("retention-kept", told, forgetful) == [".local/state/m/1/backup"]
    assert subjects("retention-kept", told, replace(forgetful, outcome="refused")) == []
    assert subjects("retention-kept", told, PRUNE) == subjects("retention-kept", RIGHT, forgetful) == []


def test_what_an_unfinished_run_made_is_not_pruned() -> None:
    killed = event(START, MIGRATED, outcome="unknown")
    assert subjects("retention-kept", killed, PRUNE) == [".local/state/m/1/backup"]
    assert (
        subjects("retention-kept", killed, rolled_back(MIGRATED, BACK), event(BACK, START, do="prune_now"))
        == []
    )
    assert subjects("retention-kept", killed, event(MIGRATED, MIGRATED), PRUNE) == [".local/state/m/1/backup"]
    again = event(MIGRATED, kept(MIGRATED, "journal", b"done"))
    assert subjects("retention-kept", killed, again, event(again.after, PRUNED, do="prune_now")) == []


def test_a_run_that_was_killed_when_all_was_done_may_be_a_finished_one() -> None:
    late = event(START, MIGRATED, outcome="unknown", kill=Kill(0.1, landed=True, clean=MIGRATED))
    assert subjects("retention-kept", late, PRUNE) == []
    early = event(
        START, kept(START, "backup", b""), outcome="unknown", kill=Kill(0.1, landed=True, clean=MIGRATED)
    )
    gone = event(early.after, early.after.without(".local/state/m/1"), do="prune_now")
    assert subjects("retention-kept", early, gone) == [".local/state/m/1/backup"]


def test_after_a_prune_there_is_no_way_back_until_something_new_is_migrated() -> None:
    assert wanted(PRUNED, RIGHT, PRUNE) == {"refused"}
    assert wanted(PRUNED, RIGHT, PRUNE, rolled_back(PRUNED, PRUNED, "refused")) == {"refused"}
    more = holding(kept(PRUNED, "backup", b"2"), [OLD, A, {"id": "c", "text": "C"}])
    assert wanted(more, RIGHT, PRUNE, event(PRUNED, more)) == {"attention", "refused"}
    back = holding(more, [OLD, A])
    assert subjects("home-restored", RIGHT, PRUNE, event(PRUNED, more), rolled_back(more, back)) == []
    greedy = rolled_back(more, holding(more, [OLD]))
    assert subjects("home-restored", RIGHT, PRUNE, event(PRUNED, more), greedy) == ["target.json"]


def test_pruning_what_was_taken_back_leaves_nothing_to_refuse() -> None:
    steps = RIGHT, rolled_back(WORKED, EXPORTED)
    pruned = event(EXPORTED, TAKEN.without(".local/state/m/1"), do="prune_now")
    assert wanted(pruned.after, *steps, pruned) == {"done"}
    assert failed(*steps, pruned, rolled_back(pruned.after, pruned.after)) == ()


# -- a second migration --------------------------------------------------------------------------------------------
def test_a_second_run_is_idle_also_after_a_prune_and_need_not_be_after_others_work() -> None:
    noted = kept(MIGRATED, "journal", b"2")
    assert subjects("rerun-is-noop", RIGHT, event(MIGRATED, do="prune"), event(MIGRATED, noted)) == [
        ".local/state/m/1/journal"
    ]
    again = event(holding(MIGRATED, [OLD]), MIGRATED)
    assert judge(shown(RIGHT, again), ["rerun-is-noop"]).results[0].status is Status.NOT_OFFERED


def test_a_rollback_that_changes_nothing_loses_nothing_of_a_store_that_nobody_can_read() -> None:
    unreadable = MIGRATED.with_file("target.json", b"{")
    refused = Event(0, "migrate", "refused", unreadable, unreadable, 3)
    assert findings_of("rollback-keeps-new-work", refused, rolled_back(unreadable, unreadable)) == []


def test_an_export_that_was_pruned_in_the_middle_of_broken_work_may_have_been_whole() -> None:
    broken = event(WORKED, EXPORTED, do="rollback", outcome="unknown", signal=9)
    pruned = event(EXPORTED, TAKEN.without(".local/state/m/1"), do="prune_now")
    after = event(pruned.after, do="rollback")
    assert "rollback-keeps-new-work" not in judge(shown(RIGHT, broken, pruned, after)).failed
    unpruned = rolled_back(EXPORTED, TAKEN)
    assert subjects("rollback-keeps-new-work", RIGHT, broken, unpruned) != []
